"""The one error of reading a text as a date."""


class DateTextError(ValueError):
    """Why a text cannot be read as a date, and where.

    The reason never repeats the text.

    Attributes:
        reason: an English clause.
        position: where the part begins that is not understood, from 0.
        end: where it ends.
    """

    def __init__(self, reason: str, position: int, end: int | None = None) -> None:
        """Keep the reason, an English clause, and the part of the text."""
        super().__init__(f"{reason} (at character {position + 1})")
        self.reason = reason
        self.position = position
        self.end = position + 1 if end is None else end
