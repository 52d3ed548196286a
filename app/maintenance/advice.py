"""One finding of the diagnosis, as `annals doctor` tells it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing worth knowing.

    Attributes:
        level: `problem` where something must be mended, `note` where it may be.
        subject: what it is about, in a word or two.
        detail: what is the matter.
        remedy: what to do.
    """

    level: Literal["problem", "note"]
    subject: str
    detail: str
    remedy: str
