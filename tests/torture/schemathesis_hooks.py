"""What `schemathesis run` does beside its own checks: it keeps which requests were refused that the document allows.

`ANNALS_REFUSALS` names the file, a line of JSON for each fault. Nothing is raised for them, since of each operation and
status one failure is told, and whatever came after it would not be seen.
"""

import json
import os
import re
import uuid
from pathlib import Path

import schemathesis
from schemathesis.specs.openapi.checks import missing_required_header, negative_data_rejection

NO_FAULT_OF_THE_REQUEST = {401, 403, 404, 409, 410, 429}
"""What the state of the database or of the key answers to a request that is right."""

_MIN_VERSION = "Annals-Min-Version"
_VERSION = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,16})?-[0-9a-f]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_REFUSALS = Path(os.environ["ANNALS_REFUSALS"])


def is_allowed(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.serializer(
    "application/x-ndjson",
    "application/x-bibtex",
    "application/x-gramps-xml",
    "application/x-research-info-systems",
)
def to_text(_context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def before_call(context, case, kwargs):  # noqa: ARG001 - the signature of the hook
    """Let requests go past what no example can know.

    These are keys that were used before, the revision that a record has, and versions that the database has had.
    """
    headers = case.headers or {}
    if is_allowed(case) or _VERSION.fullmatch(str(headers.get(_MIN_VERSION, ""))):
        headers.pop(_MIN_VERSION, None)
    if _KEY.fullmatch(str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = uuid.uuid4().hex
    if is_allowed(case) and case.method.upper() != "GET":
        for name in {"If-Match", "If-None-Match"} & set(headers):
            headers[name] = "*"


@schemathesis.hook
def after_call(context, case, response):  # noqa: ARG001 - the signature of the hook
    status = response.status_code
    if not is_allowed(case) or status < 400 or status in NO_FAULT_OF_THE_REQUEST:
        return
    problem = response.json()
    lines = []
    for fault in problem.get("errors") or [problem]:
        place = next((fault[name] for name in ("pointer", "parameter", "header") if name in fault), "")
        line = {
            "operation": case.operation.label,
            "status": status,
            "code": fault["code"],
            "place": place,
            "detail": fault.get("detail", ""),
            "headers": {name: str(value) for name, value in (case.headers or {}).items()},
            "query": case.query,
            "body": repr(case.body)[:2000],
        }
        lines.append(json.dumps(line, default=repr))
    with _REFUSALS.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def has_empty_members(value):
    if isinstance(value, dict):
        return any(one in ("", [], {}) or has_empty_members(one) for one in value.values())
    return isinstance(value, list) and any(has_empty_members(one) for one in value)


def has_repeated_words(query):
    return any(
        isinstance(words, list) and len(set(map(str, words))) < len(words) for words in (query or {}).values()
    )


@schemathesis.check
def refuses_what_the_document_does_not_allow(ctx, response, case):
    """Check as schemathesis does, but for what is empty or stands twice.

    Members that are empty are left out, whatever they are empty of, and a word that stands twice in a list of a query
    counts once.
    """
    lenient = has_empty_members(case.body) or has_repeated_words(case.query)
    return None if lenient else negative_data_rejection(ctx, response, case)


@schemathesis.check
def refuses_requests_without_their_headers(ctx, response, case):
    """Check as schemathesis does, but for the key: it is sent with every request, also with those that are to lack it."""
    parameter = getattr(getattr(getattr(case.meta, "phase", None), "data", None), "parameter", None)
    return None if parameter == "Authorization" else missing_required_header(ctx, response, case)
