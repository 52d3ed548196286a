"""Seconds to verify 10,000 selectors against 5 million characters, in shapes from ordinary to hostile.

Run with `python tests/benchmarks/bench_passage.py` from the project's folder.
"""

import random
import time
from collections import Counter
from collections.abc import Callable

from app.values.text_selectors import TextSelector, verify

LENGTH = 5_000_000
COUNT = 10_000

Case = tuple[str, list[TextSelector]]


def prose(seed: int, length: int = LENGTH) -> str:
    """Text with words as unevenly frequent as in a language, in lines of some 80 characters."""
    chance = random.Random(seed)
    letters = "eeeeeaaaooiinnssrrlltdcumphgbvfyqéóñ"
    words = ["".join(chance.choices(letters, k=chance.randint(1, 12))) for _ in range(30_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    picked = chance.choices(words, weights, k=length // 6)
    lines = (" ".join(picked[at : at + 12]) for at in range(0, len(picked), 12))
    return "\n".join(lines)[:length].ljust(length, ".")


def quotes(text: str, shortest: int, longest: int) -> list[TextSelector]:
    chance = random.Random(7)
    selectors = []
    for _ in range(COUNT):
        size = chance.randint(shortest, longest)
        start = chance.randrange(40, len(text) - size - 40)
        exact, prefix, suffix = (
            text[a:b]
            for a, b in ((start, start + size), (start - 30, start), (start + size, start + size + 30))
        )
        selectors.append(TextSelector(start, start + size, exact, prefix, suffix))
    return selectors


def in_place() -> Case:
    text = prose(1)
    return text, quotes(text, 8, 80)


def shifted() -> Case:
    text = prose(1)
    return "A new first line.\n" + text, quotes(text, 8, 80)


def reflowed() -> Case:
    text = prose(1)
    return text.replace("\n", "\r\n  "), quotes(text, 8, 80)


def absent() -> Case:
    return prose(1), quotes(prose(2), 8, 80)


def short_and_absent() -> Case:
    return prose(1), [TextSelector(None, None, f"{n:05x}"[::-1]) for n in range(COUNT)]


def common() -> Case:
    text = prose(1)
    words = Counter(text.split()).most_common(COUNT)
    return text, [TextSelector(0, len(word), word, "x ", " y") for word, _ in words]


def one_letter() -> Case:
    return "a" * LENGTH, [
        TextSelector(1, 2, "a" * (2 + n % 200), "b" * (n // 200), "a") for n in range(COUNT)
    ]


def one_letter_nearly() -> Case:
    exacts = ["a" * (n % 100) + "b" + "a" * (n // 100) for n in range(COUNT)]
    return "a" * (LENGTH - 1) + "b", [TextSelector(0, len(exact), exact) for exact in exacts]


def two_letters() -> Case:
    chance = random.Random(3)
    text = "".join(chance.choices("ab", k=LENGTH))
    return text, [TextSelector(0, 9, "".join(chance.choices("ab", k=10 + n % 190))) for n in range(COUNT)]


def sparse_letters() -> Case:
    chance = random.Random(4)
    text = "".join("a" * chance.randint(1, 99) + "b" for _ in range(LENGTH // 51))
    exacts = ["a" * (n % 100) + "b" + "a" * (100 + n // 100) for n in range(COUNT)]
    return text, [TextSelector(0, 1, exact) for exact in exacts]


def overlapping() -> Case:
    text = prose(1)
    return "x" + text, [TextSelector(n, n + 150, text[n : n + 150]) for n in range(1000, 1000 + COUNT)]


def white_space() -> Case:
    text = "a \n" * (LENGTH // 3)
    return text, [TextSelector(0, 5, " a" * (1 + n % 100) + "\n" * (n // 100)) for n in range(COUNT)]


CASES: tuple[Callable[[], Case], ...] = (
    *(in_place, shifted, reflowed, absent, short_and_absent, common),
    *(one_letter, one_letter_nearly, two_letters, sparse_letters, overlapping, white_space),
)


def main() -> None:
    for case in CASES:
        text, selectors = case()
        begin, used = time.perf_counter(), time.process_time()
        findings = verify(text, selectors)
        seconds, used = time.perf_counter() - begin, time.process_time() - used
        verdicts = Counter(str(finding.verdict) for finding in findings)
        took = f"{seconds:6.2f} s ({used:.2f} s of a processor)"
        print(f"{case.__name__:18} {took}  {dict(verdicts)}", flush=True)


if __name__ == "__main__":
    main()
