"""Simplifying with a bound on the time it takes: GEOS takes minutes for zigzags and hatchings that no map has.

It cannot be interrupted, so what is so large that it could take more than about a second is left to a process of its
own, which the system ends once it has used `MAX_SECONDS` of processor time. That bound does not depend on what
else the machine does, so the same geometry is refused or not wherever it is imported.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from app.values.geojson import Geometry
from app.values.simplify import count_positions, simplify

MAX_HERE: Final = 20_000
"""Geometries of at most this many positions take a second at the most, whatever their shape."""

MAX_SECONDS: Final = 5
"""How much processor time a larger one may take; an outline of 500,000 positions as they are surveyed takes one."""

_CHILD: Final = "from app.values.bounded_simplify import simplify_from_stdin; simplify_from_stdin()"


class TooIntricate(ValueError):
    """A geometry cannot be simplified in the time that there is."""


def bounded_simplify(geometry: Geometry, metres: float) -> dict[str, Any]:
    """Return what `app.values.simplify.simplify` does.

    Raises:
        TooIntricate: it takes longer than it may.
    """
    if count_positions(geometry) <= MAX_HERE:
        return simplify(geometry, metres)
    paths = {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
    done = subprocess.run(  # noqa: S603 - this interpreter, with a text of this module
        [sys.executable, "-c", _CHILD],
        input=orjson.dumps([geometry, metres, MAX_SECONDS]),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | paths,
        # Ctrl+C is for the import, which tells of what it has done.
        start_new_session=True,
        check=False,
    )
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        raise TooIntricate
    done.check_returncode()
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def simplify_from_stdin() -> None:
    """Simplify one geometry in this process, which is there for nothing else."""
    import resource

    # The system's first signal is at the one, and it kills at the other.
    geometry, metres, seconds = orjson.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    sys.stdout.buffer.write(orjson.dumps(simplify(geometry, metres)))
