"""How long a parse takes: typical values, and hostile ones growing in length. Run it as a script."""

import contextlib
import sys
import timeit

from app.values.calendar import Calendar
from app.values.edtf import nodes as edtf_nodes
from app.values.edtf import value as edtf

TYPICAL = (
    "1994-12-14", "1967", "1967~", "1962/1967", "1962/..", "196X", "XXXX-01-03", "1967-XX-08", "2001-21",
    "2004-?06-?11", "1985-04-12T23:20:30+05:30", "Y-17E7", "1950S2", "[1667,1668,1670..1672]", "XXX1-02-29",
)  # fmt: skip

HOSTILE = {
    "digits": lambda n: "9" * n,
    "long year": lambda n: "Y" + "9" * (n - 1),
    "exponent": lambda n: "Y1E" + "9" * (n - 3),
    "qualifiers": lambda n: "?" * n,
    "hyphens": lambda n: "-" * n,
    "slashes": lambda n: "/" * n,
    "spaces": lambda n: "[1967," + " " * (n - 6),
    "dots": lambda n: "[" + "." * (n - 1),
    "years": lambda n: ("{" + "1967," * (n // 5))[: n - 1] + "}",
    "masked leap days": lambda n: ("[" + "XXX2-02-3X," * (n // 11))[: n - 1] + "]",
    "leap days": lambda n: "[" + ",".join(["XXXX-02-29"] * (n // 11)) + "]",
    "long ranges": lambda n: "{" + ",".join(["1900..1999"] * (n // 11)) + "}",
    "long ranges of days": lambda n: "{" + ",".join(["0000-01-01..9999-12-31"] * (n // 23)) + "}",
}


def microseconds(text: str) -> float:
    """Time one parse, past the cache, whether or not the text is refused."""

    def once() -> None:
        with contextlib.suppress(edtf_nodes.EdtfError):
            edtf._parse(text, Calendar.GREGORIAN)

    timer = timeit.Timer(once)
    rounds, _ = timer.autorange()
    return min(timer.repeat(3, rounds)) / rounds * 1e6


def main() -> None:
    """Write the times."""
    lines = [f"{text:<28}{microseconds(text):>10.1f} µs" for text in TYPICAL]
    lines.append(f"\n{'characters':<28}{10:>12}{100:>12}{1000:>12}")
    for name, make in HOSTILE.items():
        lines.append(f"{name:<28}" + "".join(f"{microseconds(make(n)):>9.1f} µs" for n in (10, 100, 1_000)))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
