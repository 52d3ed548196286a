"""Long verifications in a process of their own.

Looking phrases up in a long text is work for the processor alone: in a thread it would hold up every other request for
a tenth of a second at a time. A text goes to a fresh interpreter through its standard input, the findings come
back through its standard output, and with the process its memory goes.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from app.errors import Unavailable
from app.values.passage import Finding, Selector, Verdict, verify

# Where the package lies, which the process must be able to import.
_ROOT: Final = str(Path(__file__).resolve().parents[2])

LONG: Final = 100_000
"""Characters of text, and of phrases, from which it pays to start a process: that takes about a tenth of a second."""

MOST_SECONDS: Final = 120
"""How long a verification may take."""

AT_ONCE: Final = 2
"""How many run at the same time in one worker; others wait."""


async def verify_aside(text: str, selectors: Sequence[Selector], turns: asyncio.Semaphore) -> list[Finding]:
    """Verify without holding up the event loop; short texts in a thread.

    Raises:
        Unavailable: it took too long, or the process was ended from outside.
    """
    if len(text) + sum(len(one.exact or "") for one in selectors) < LONG:
        return await asyncio.to_thread(verify, text, selectors)
    async with turns:
        body = await asyncio.to_thread(_question, text, selectors)
        answer = await _run(body)
    return await asyncio.to_thread(_findings, answer)


async def _run(body: bytes) -> bytes:
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.verbs.apart",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        async with asyncio.timeout(MOST_SECONDS):
            answer, _ = await process.communicate(body)
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


def _question(text: str, selectors: Sequence[Selector]) -> bytes:
    told = [[one.start, one.end, one.exact, one.prefix, one.suffix] for one in selectors]
    return orjson.dumps([text, told])


def _findings(answer: bytes) -> list[Finding]:
    return [Finding(Verdict(verdict), start, end) for verdict, start, end in orjson.loads(answer)]


def main() -> None:
    """Verify what standard input asks, on standard output."""
    text, told = orjson.loads(sys.stdin.buffer.read())
    findings = verify(text, [Selector(*one) for one in told])
    sys.stdout.buffer.write(orjson.dumps([list(finding) for finding in findings]))


if __name__ == "__main__":
    main()
