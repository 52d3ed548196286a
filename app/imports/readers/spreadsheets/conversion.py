"""The program that `converted` runs: a spreadsheet from standard input, its rows to standard output, a line of JSON each.

It imports nothing of the application, so that it starts at once, and ends as its limits end it. The library holds the whole
file, and aborts the process where memory runs out.
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

LOCKED, BROKEN = 3, 4
"""Exit codes: the file needs a password; it cannot be read."""


def as_cell(value: Any) -> str | int | float:
    """Return a number as it is, anything else as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, time):
        return value.isoformat().removesuffix(":00")
    if isinstance(value, timedelta):
        minutes, second = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{second:02}" if second else "")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | float) else str(value)


def main() -> None:
    """Convert; the arguments are how many bytes of memory, seconds and bytes of output it may have."""
    memory, seconds, output = map(int, sys.argv[1:])
    limits = {resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: seconds, resource.RLIMIT_FSIZE: output}
    for limit, most in (limits | {resource.RLIMIT_CORE: 0}).items():
        hard = resource.getrlimit(limit)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, load_workbook

    try:
        workbook = load_workbook(sys.stdin.buffer)
        for told in workbook.sheets_metadata:
            if told.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(told.name)
            sys.stdout.write(json.dumps({"sheet": told.name}) + "\n")
            for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
                cells = {at: as_cell(value) for at, value in enumerate(row) if value not in ("", None)}
                if cells:
                    sys.stdout.write(json.dumps([number, cells]) + "\n")
    except PasswordError:
        sys.exit(LOCKED)
    except CalamineError:
        sys.exit(BROKEN)


if __name__ == "__main__":
    main()
