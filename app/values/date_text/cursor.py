"""A place in the tokens of a text, and what is decided where the text alone does not decide."""

from typing import Final

from app.values.date_text.errors import DateTextError
from app.values.date_text.kinds import Token

END: Final = "end of text"
"""The kind of what follows the last token."""


_AHEAD: Final = 6


class Cursor:
    """Goes through the tokens of a text once.

    Where a text can be read in several ways, `choose` takes one of them; the text is read again for the others.

    Attributes:
        tokens: the tokens, with one after the last.
        at: the place of the next one.
        order: the order of day, month and year that is said of numbers: `dmy`, `mdy`, `ymd` or None.
        taken: the ways that are taken, by the names of the choices.
        choices: how many ways each choice has that was met.
        notes: what was taken for what.
    """

    __slots__ = ("at", "choices", "notes", "order", "taken", "tokens")

    def __init__(self, tokens: list[Token], order: str | None, taken: dict[str, int]) -> None:
        """Begin before the first token."""
        end = tokens[-1].end if tokens else 0
        self.tokens = tokens + [Token(END, None, end, end)] * _AHEAD
        self.at = 0
        self.order = order
        self.taken = taken
        self.choices: dict[str, int] = {}
        self.notes: list[str] = []

    def take_last(self, *kinds: str) -> Token | None:
        """Take tokens of these kinds from the end of the text; return the first of them that has a value."""
        count = len(self.tokens) - _AHEAD
        if self.tokens[count - 1].kind != kinds[-1]:
            return None
        last = self.tokens[max(0, count - len(kinds)) : count]
        if tuple(token.kind for token in last) != kinds or count == len(kinds):
            return None
        del self.tokens[count - len(kinds) : count]
        return next((token for token in last if token.value != token.kind), last[0])

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without taking it."""
        return self.tokens[self.at + ahead]

    def kind(self, ahead: int = 0) -> str:
        """Return the kind of a token that follows."""
        return self.tokens[self.at + ahead].kind

    def following(self, count: int, ahead: int = 0) -> list[Token]:
        """Return tokens without taking them."""
        return self.tokens[self.at + ahead : self.at + ahead + count]

    def next(self) -> Token:
        """Take the next token."""
        token = self.tokens[self.at]
        if token.kind == END:
            raise DateTextError("a date is needed here", token.start)
        self.at += 1
        return token

    def take(self, *kinds: str) -> Token | None:
        """Take the next token if it is of one of these kinds."""
        token = self.tokens[self.at]
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def is_at_end(self) -> bool:
        """Return whether nothing follows."""
        return self.tokens[self.at].kind == END

    def choose(self, name: str, ways: int) -> int:
        """Return which of several ways is taken; the same for every choice of that name."""
        self.choices[name] = max(ways, self.choices.get(name, 0))
        return min(self.taken.get(name, 0), ways - 1)

    def refuse(self, reason: str | None = None) -> DateTextError:
        """Return the error that the next token is not understood."""
        token = self.tokens[self.at]
        if reason is None:
            reason = "something is missing here" if token.kind == END else "this part is not understood"
        return DateTextError(reason, token.start, token.end)
