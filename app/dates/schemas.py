"""What `GET /v1/dates` answers, described."""

from typing import Any, Final

EXAMPLE: Final[dict[str, Any]] = {
    "edtf": "1967-03~/1975",
    "calendar": "gregorian",
    "level": 1,
    "start": {"earliest": "1967-03-01", "latest": "1967-03-31"},
    "end": {"earliest": "1975-01-01", "latest": "1975-12-31"},
    "qualified": True,
    "label": "c. March 1967 to 1975",
}
"""The answer to the examples of the parameters."""
