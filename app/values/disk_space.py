"""Room on the disk where temporary files are."""

import shutil
import tempfile
from typing import Final

SPARE_BYTES: Final = 256 * 2**20
"""Free space that temporary files leave to other programs."""


def free_bytes() -> int:
    """Return how much is free where temporary files are."""
    return shutil.disk_usage(tempfile.gettempdir()).free
