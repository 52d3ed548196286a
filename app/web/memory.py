"""The memory of a worker: how glibc's allocator is made to return it to the system."""

import asyncio
import ctypes
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 5.0
"""How often it is checked whether there is memory to return."""

GROWN_BYTES: Final = 4 * 2**20
"""By how much the memory must have grown since the last time: walking the whole heap takes ten milliseconds."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 2**19
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def give_back_large_pieces() -> None:
    """Have glibc return large allocations to the system when they are freed.

    By default it raises its threshold for that (`man 3 mallopt`, M_MMAP_THRESHOLD), so that a worker would
    stay as large as its largest responses have made it.
    """
    with suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, 4 * _LARGE)


@asynccontextmanager
async def giving_back_small_pieces() -> AsyncIterator[None]:
    """While the block runs, return freed memory between small allocations that are in use.

    By default glibc returns only the top of its heap, so that after a page of a thousand records, or an
    export, a worker would stay as large as that has made it.
    """
    task = asyncio.ensure_future(_look_on())
    try:
        yield
    finally:
        task.cancel()


class _Allocated(ctypes.Structure):
    """What `mallinfo2` returns, in bytes: `fordblks` is what is free, whether or not it was returned."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    )


async def _look_on() -> None:
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallinfo2.restype = _Allocated
        resident, free = _resident_and_free(library)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now_resident, now_free = _resident_and_free(library)
            # Memory that was in use the last time and is free now is still counted as resident.
            if max(now_resident - resident, now_free - free) > GROWN_BYTES:
                await asyncio.to_thread(library.malloc_trim, 0)
                resident, free = _resident_and_free(library)
            else:
                resident, free = min(resident, now_resident), min(free, now_free)


def _resident_and_free(library: ctypes.CDLL) -> tuple[int, int]:
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * _PAGE, library.mallinfo2().fordblks
