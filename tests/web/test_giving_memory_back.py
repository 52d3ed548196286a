"""What a worker gives back to the system of the memory that it does not use any more."""

import asyncio
from pathlib import Path

import pytest
from waiting import until

from app.web import memory

pytestmark = pytest.mark.anyio


def anonymous_bytes():
    told = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in told if line.startswith("RssAnon")).split()[1]) * 1024


async def test_small_pieces_between_those_in_use_are_given_back(monkeypatch):
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.01)
    async with memory.giving_back_small_pieces():
        pieces = [bytes(3000) for _ in range(20_000)]
        await asyncio.sleep(0.1)
        full = anonymous_bytes()
        # One in sixteen is kept, so that nothing comes to lie free at the end of the heap.
        kept = pieces[::16]
        del pieces
        await until(lambda: anonymous_bytes() < full - 20_000_000)
        assert len(kept) == 1250
