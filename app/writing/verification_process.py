"""Long verifications in a process of their own.

Searching a long text holds the GIL: in a thread it would block every other request for a tenth of a second
at a time. A text goes to a fresh interpreter through its standard input, the matches come back through its
standard output, and its memory is freed when the process ends.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from app.errors import Unavailable
from app.values.text_selectors import MatchStatus, SelectorMatch, TextSelector, find_quotations

# The folder of the package, which the process must be able to import.
_ROOT: Final = str(Path(__file__).resolve().parents[2])

LONG: Final = 100_000
"""Bytes of text, with characters of phrases, for which a process is worth a tenth of a second to start."""

MAX_SECONDS: Final = 120
"""How long a verification may take."""

_PIECE: Final = 2**16


class Examined(NamedTuple):
    """How many characters a text has, and how each selector matches it."""

    characters: int
    findings: list[SelectorMatch]


def is_long(size: int, selectors: Sequence[TextSelector]) -> bool:
    """Return whether verifying is to be done in a process of its own, with a text of `size` bytes."""
    return size + sum(len(one.exact or "") for one in selectors) >= LONG


def examine(text: bytes | bytearray, selectors: Sequence[TextSelector]) -> Examined:
    """Search the phrases in a text in UTF-8."""
    decoded = text.decode()
    del text
    return Examined(len(decoded), find_quotations(decoded, selectors))


async def examine_in_process(text: bytes | bytearray, selectors: Sequence[TextSelector]) -> Examined:
    """Examine a text without blocking the event loop; a short one in a thread.

    Raises:
        Unavailable: it took too long, or the process was ended from outside.
    """
    if not is_long(len(text), selectors):
        return await asyncio.to_thread(examine, text, selectors)
    asked = await asyncio.to_thread(_question, selectors)
    return await asyncio.to_thread(_examined, await _run(asked, text))


async def _run(asked: bytes, text: bytes | bytearray) -> bytes:
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.writing.verification_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        async with asyncio.timeout(MAX_SECONDS):
            if process.stdin is not None:
                await _hand_over(process.stdin, asked, text)
            answer, _ = await process.communicate()
    except TimeoutError as error:
        raise Unavailable(
            "Verifying took too long; try a part of the text.", headers={"Retry-After": "60"}
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unavailable("Verifying was broken off; try again.", headers={"Retry-After": "5"})
    return answer


async def _hand_over(stdin: asyncio.StreamWriter, asked: bytes, text: bytes | bytearray) -> None:
    """Send a process the phrases, and the text in parts, so that it is not copied whole."""
    # A process that was ended says so by its return code.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError), memoryview(text) as whole:
        stdin.write(asked)
        for start in range(0, len(whole), _PIECE):
            stdin.write(bytes(whole[start : start + _PIECE]))
            await stdin.drain()
    stdin.close()


def _question(selectors: Sequence[TextSelector]) -> bytes:
    selector_rows = [[one.start, one.end, one.exact, one.prefix, one.suffix] for one in selectors]
    return orjson.dumps(selector_rows) + b"\n"


def _examined(answer: bytes) -> Examined:
    characters, findings = orjson.loads(answer)
    return Examined(
        characters, [SelectorMatch(MatchStatus(verdict), start, end) for verdict, start, end in findings]
    )


def main() -> None:
    """Read selectors (one line) and a text from standard input; write the result to standard output."""
    selector_rows = orjson.loads(sys.stdin.buffer.readline())
    characters, findings = examine(sys.stdin.buffer.read(), [TextSelector(*one) for one in selector_rows])
    sys.stdout.buffer.write(orjson.dumps([characters, [list(finding) for finding in findings]]))


if __name__ == "__main__":
    main()
