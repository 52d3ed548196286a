"""The service against its own OpenAPI document: schemathesis sends what the document allows, and what it does not.

What the document allows is refused by the rules in `RULES` alone, each with the reason why no schema says it. Run with
`-s` it prints how often each has refused something, and which have refused nothing: these may be mended by now.

ANNALS_TEST_EXAMPLES says how many requests are drawn for each operation, beside those that go through the values of
each parameter and member one by one.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from app.seed.service import seed as load_seeds

EXAMPLES: Final = os.environ.get("ANNALS_TEST_EXAMPLES", "300")
HERE: Final = Path(__file__).parent

# What is refused is refused with any of these; what was merged or renamed is elsewhere, whatever is asked of it.
CONFIGURATION: Final = """
[checks.negative_data_rejection]
expected-statuses = [308, 400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 422, 428, 429, 431]

[checks.missing_required_header]
expected-statuses = [308, 400, 401, 403, 404, 406, 409, 410, 415, 422, 428]
"""

OWN_CHECKS: Final = "positive_data_acceptance,negative_data_rejection,missing_required_header"
"""What `schemathesis_hooks` checks instead."""


class Rule(NamedTuple):
    """Why a request that the document allows is refused.

    Attributes:
        code: the code of the fault, or of the problem where it names no faults.
        reason: why no schema says it.
        within: what the operation has in its name, where the rule is of a few.
        at: what the place of the fault has in it, where the rule is of a few members.
    """

    code: str
    reason: str
    within: str = ""
    at: str = ""


STATE: Final = "it depends on what the database holds"
TOGETHER: Final = "parameters are described one by one, and OpenAPI has no words for which go together"
MEMBERS: Final = "which members go together, JSON Schema says with if and else alone, which generators of clients do not read"
ANY_JSON: Final = (
    "it is of any text, name and number within any JSON, which schemas describe only member by member"
)
COMPARES: Final = "it compares values with each other, and schemas do not"
AS_STORED: Final = "items are compared as they are stored: composed (NFC), without white space around them"
OF_PROPERTY: Final = "the shape of a value is that of the property that the evidence is about"
FILE: Final = "a schema describes the parts of a form, and not what is in the files"
CALENDAR: Final = "how many days a month has, and which of two dates is earlier, no regular expression says"

RULES: Final = (
    # What is there.
    Rule("unknown_reference", STATE),
    Rule("reference_deleted", STATE),
    Rule("unknown_member", "it names what stands elsewhere in the same record"),
    Rule("unknown_term", "vocabularies are data, and terms can be added"),
    Rule("wrong_inverse", STATE, "/v1/vocabularies/"),
    Rule("unknown_revision", STATE, "/revert"),
    Rule("no_document", STATE, "/revert"),
    Rule("too_many_buckets", STATE, "GET /v1/timeline"),
    Rule("unknown_mapping", "mappings that ship are data", "/v1/imports"),
    Rule("invalid_cursor", "cursors are signed, and bound to the list that gave them"),
    Rule("wrong_kind", STATE, "POST /v1/merges"),
    Rule("wrong_kind", TOGETHER, "GET "),
    Rule("wrong_relation", "which kinds a relation joins, its term says, and that is data"),
    Rule("wrong_id", "the id is that of the address"),
    Rule("no_text", STATE, "/verify"),
    Rule("wrong_text", STATE, "/text"),
    Rule("wrong_digest", STATE, "/text"),
    Rule("missing", STATE, "PUT /v1/sources/{id}/text"),
    Rule("precondition_failed", STATE, "PUT "),
    Rule("missing_header", "either If-Match or If-None-Match is required", "PUT "),
    # What goes together.
    Rule("missing_parameter", TOGETHER),
    Rule("missing_date", TOGETHER, "GET /v1/dates"),
    Rule("conflicting_parameter", TOGETHER),
    Rule("conflicting_parameters", TOGETHER, "/v1/imports"),
    Rule("only_in_csv", TOGETHER),
    Rule("only_in_json", TOGETHER),
    Rule("titles_as_written", TOGETHER),
    Rule("unknown_field", "which fields there are, the collection in the path says", "/v1/formats/csv/"),
    Rule("unknown_field", "only the terms of one scheme have it", "/v1/vocabularies/"),
    Rule("unknown_field", OF_PROPERTY, at="/value/"),
    Rule("unknown_field", "pointers of a patch lead into the document that it makes", "PATCH "),
    Rule("needs_dry_run", TOGETHER, "/v1/imports"),
    Rule("needs_sync", TOGETHER, "/v1/imports"),
    Rule("needs_confirm", TOGETHER, "/v1/imports"),
    Rule("needs_delete_missing", TOGETHER, "/v1/imports"),
    Rule("too_many_cells", TOGETHER, "GET /v1/density"),
    Rule("missing", MEMBERS),
    # What is compared.
    Rule("same_record", COMPARES, "POST /v1/merges"),
    Rule("wrong_order", COMPARES),
    Rule("wrong_length", COMPARES),
    Rule("not_closed", COMPARES),
    Rule("duplicate", AS_STORED),
    # What texts say.
    Rule("invalid_edtf", CALENDAR),
    Rule("unreadable_date", "what people write, a reader reads", "GET /v1/dates"),
    Rule("not_an_interval", "dates are one component, and these have to be intervals"),
    Rule("invalid_isbn", "the last digit checks the others"),
    Rule("invalid_url", "which hosts and ports there are, no regular expression says"),
    Rule("invalid_bbox", "degrees are numbers within a text, and south is at most north"),
    Rule("invalid_point", "degrees are numbers within a text"),
    Rule("too_many", "words with commas between them are counted together", "GET "),
    Rule("too_long", "words are counted, and dates of sets"),
    Rule("unknown_property", "names of properties have names of members and references within them"),
    Rule("wrong_type", OF_PROPERTY),
    # Any JSON.
    Rule("nul_character", ANY_JSON),
    Rule("invalid_text", ANY_JSON),
    Rule("control_character", "NUL is in no text, whatever else is", "PUT /v1/sources/{id}/text"),
    Rule("number_out_of_range", ANY_JSON),
    Rule("out_of_range", ANY_JSON),
    Rule("too_deep", ANY_JSON),
    Rule("too_large", "documents are measured in bytes"),
    # Files.
    Rule("malformed_form", FILE, "/v1/imports"),
    Rule("import_refused", FILE, "/v1/imports"),
)


def rule_of(refusal):
    known = [
        one
        for one in RULES
        if one.code == refusal["code"]
        and one.within in refusal["operation"]
        and one.at in refusal.get("place", "")
    ]
    return max(known, key=lambda one: len(one.within), default=None)


@pytest.fixture
def run(server, database_url, database_at, api_key, tmp_path):
    """Run schemathesis against a server with the seeds; returns how it ended, and the faults of what was refused."""

    def start(seed, examples, *arguments):
        with database_at(database_url) as database:
            load_seeds(database)
        key = api_key("read", "write", "admin")
        refusals = tmp_path / "refusals.ndjson"
        refusals.touch()
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
        # Drawing a request may take longer than a connection is kept open, and none is sent again on another.
        service = server(keep_alive_seconds="3600")
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("schemathesis"), "run", f"{service.url}/openapi.json"),
                *("-H", f"Authorization: Bearer {key}", "--seed", str(seed), "-n", str(examples)),
                *("--checks", "all", "--exclude-checks", OWN_CHECKS),
                *("--generation-database", "none", "--no-color", "--no-shrink", "--continue-on-failure"),
                *arguments,
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(HERE),
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "ANNALS_REFUSALS": str(refusals),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done, [json.loads(line) for line in refusals.read_text(encoding="utf-8").splitlines()]

    return start


def check_run(done, refused):
    assert "API Operations:" in done.stdout, done.stdout
    met = Counter(rule_of(one) for one in refused)
    for rule in RULES:
        print(f"{met[rule] or 'never':>6} {rule.code} {rule.within}: {rule.reason}")  # noqa: T201
    unknown = [one for one in refused if rule_of(one) is None]
    first = {(one["operation"], one["code"], one["detail"]): one for one in reversed(unknown)}
    told = re.split("= (?:ERRORS|FAILURES) =", done.stdout, maxsplit=1)[1:]
    faults = "".join(told) if done.returncode else ""
    assert not first, "\n".join([*map(str, first.values()), faults])
    assert done.returncode == 0, faults or done.stdout


@pytest.mark.schemathesis
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_only_listed_rules_refuse_what_the_document_allows(run, seed):
    check_run(*run(seed, EXAMPLES, "--phases", "examples,coverage,fuzzing"))


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_some_operations_are_as_the_document_says(run):
    check_run(*run(1, 5, "--phases", "fuzzing", "--include-path-regex", "^/v1/(dates|graph)$"))


def test_what_no_rule_lists_is_found():
    refusal = {"operation": "GET /v1/events", "code": "empty_value"}
    assert rule_of(refusal) is None
    assert rule_of(refusal | {"code": "unknown_field"}) is None
    assert rule_of(refusal | {"code": "unknown_field", "place": "/evidence/0/value/x"}).reason == OF_PROPERTY
    assert rule_of(refusal | {"code": "missing_parameter"}).reason == TOGETHER
