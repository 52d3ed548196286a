"""A JSON schema of CSL-JSON 1.0.2: the types and variables that its own schema has, and nothing beside them."""

_TYPES = """
article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection dataset document
entry entry-dictionary entry-encyclopedia event figure graphic hearing interview legal_case legislation manuscript map
motion_picture musical_score pamphlet paper-conference patent performance periodical personal_communication post post-weblog
regulation report review review-book software song speech standard thesis treaty webpage
"""
_NAMES = """
author chair collection-editor compiler composer container-author contributor curator director editor editorial-director
executive-producer guest host illustrator interviewer narrator organizer original-author performer producer recipient
reviewed-author script-writer series-creator translator
"""
_DATES = "accessed available-date event-date issued original-date submitted"
_TEXTS = """
abstract annote archive archive-place archive_collection archive_location authority call-number citation-key citation-label
collection-title container-title container-title-short dimensions division DOI event event-place event-title genre ISBN ISSN
journalAbbreviation jurisdiction keyword language medium note original-publisher original-publisher-place original-title
part-title PMCID PMID publisher publisher-place references reviewed-genre reviewed-title scale section shortTitle source status
title title-short URL version volume-title volume-title-short year-suffix
"""
_NUMBERS = """
chapter-number citation-number collection-number edition first-reference-note-number issue locator number number-of-pages
number-of-volumes page page-first part printing supplement volume
"""
_TEXT = {"type": "string"}
_NUMBER = {"type": ["string", "number"]}
_NAME = {
    "type": "object",
    "properties": dict.fromkeys(
        ("family", "given", "dropping-particle", "non-dropping-particle", "suffix", "literal"), _TEXT
    ),
    "additionalProperties": False,
}
_NAME_LIST = {"type": "array", "items": _NAME}
_PARTS = {"type": "array", "items": _NUMBER, "minItems": 1, "maxItems": 3}
_DATE = {
    "type": "object",
    "properties": {
        "date-parts": {"type": "array", "items": _PARTS, "minItems": 1, "maxItems": 2},
        "season": _NUMBER,
        "circa": {"type": ["string", "number", "boolean"]},
        "literal": _TEXT,
        "raw": _TEXT,
    },
    "additionalProperties": False,
}

CSL_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type", "id"],
        "properties": {
            "type": {"enum": _TYPES.split()},
            "id": _NUMBER,
            "categories": {"type": "array", "items": _TEXT},
            "custom": {"type": "object"},
            **dict.fromkeys(_TEXTS.split(), _TEXT),
            **dict.fromkeys(_NUMBERS.split(), _NUMBER),
            **dict.fromkeys(_NAMES.split(), _NAME_LIST),
            **dict.fromkeys(_DATES.split(), _DATE),
        },
        "additionalProperties": False,
    },
}
