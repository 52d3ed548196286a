"""What reading a spreadsheet of very many rows takes in memory: no more than one of a few."""

import re
import subprocess
import sys

import pytest
import xlsxwriter

pytestmark = pytest.mark.torture

ROWS = 100_000
MAX_MEGABYTES = 300
MAX_GROWTH = 75
"""The texts of the workbook alone have more."""

PROGRAM = """
import re, sys
from pathlib import Path
from app.imports.readers import read
def most():
    return int(re.search("VmHWM:.*?([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
before = most()
with open(sys.argv[1], "rb") as file:
    found = read("spreadsheet", iter(lambda: file.read(1 << 18), b""))
    count = sum(not one.faults for one in found)
print(count, before, most())
"""


@pytest.mark.parametrize("shares_texts", [True, False])
def test_memory_does_not_grow_with_rows(tmp_path, shares_texts):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": not shares_texts}) as workbook:
        sheet = workbook.add_worksheet("events")
        sheet.write_row(0, 0, ["id", "title", "summary"])
        for at in range(1, ROWS + 1):
            sheet.write_row(
                at, 0, [f"event-{at}", f"Clash {at}", f"Of event {at} it is told " + "at length " * 80]
            )
    done = subprocess.run([sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True)
    count, before, megabytes = map(int, re.findall(r"\d+", done.stdout))
    assert count == ROWS
    assert megabytes < MAX_MEGABYTES
    assert megabytes - before < MAX_GROWTH
