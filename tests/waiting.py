"""Waiting for what happens elsewhere, for as long as that takes on a machine that is busy."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

HANG_SECONDS = 120
"""What has not happened by then never will."""


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(HANG_SECONDS):
        while not (await found if inspect.isawaitable(found := true()) else found):  # noqa: ASYNC110 - what others do is seen from outside
            await asyncio.sleep(0.01)
