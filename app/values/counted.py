"""Numbers of things in English: `1 source`, `2 sources`."""


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return a number with the noun in its singular or plural, which is the singular with an s where it is not given."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
