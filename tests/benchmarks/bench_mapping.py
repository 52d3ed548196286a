"""What a mapping costs: `python tests/benchmarks/bench_mapping.py [--table FILE] [--postgres URL]`.

A table of UCDP events (the one given, else one made up with the same columns) is imported through the mapping that
ships, and as plain NDJSON of the very documents that the mapping makes of it; in turn, into empty databases.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
from bench_import import Place, pieces
from documents import SEED
from words import WORDS

from app.database.engine.database import Database
from app.imports.documents import ImportedDocument, ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import read_mapping
from app.imports.readers import format_of_name, read
from app.imports.report import Options
from app.imports.service import import_documents
from app.settings import data_dir

ROWS = 5000
ROUNDS = 3


def make_up(path: Path, rows: int) -> None:
    """Write features with the columns of UCDP GED."""
    chance = random.Random(SEED)
    features = []
    where = [[chance.uniform(14, 27), chance.uniform(2, 11)] for _ in range(400)]
    for number in range(rows):
        side, place = chance.randrange(40), chance.randrange(400)
        day = (
            f"20{chance.randrange(10, 23)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}T00:00:00"
        )
        best = chance.randrange(50)
        words = " ".join(chance.choices(WORDS, k=12))
        cells = {
            "id": number,
            "type_of_violence": chance.randrange(1, 4),
            "dyad_name": f"Band {side} - Civilians",
            "side_a_new_id": side,
            "side_a": f"Band {side}",
            "side_b_new_id": 9999,
            "side_b": "Civilians",
            "source_article": words,
            "where_prec": place % 6 + 1,
            "where_coordinates": f"{WORDS[place % 200]} town {place}",
            "where_description": words,
            "country": "A Country",
            "country_id": 482,
            "region": "Africa",
            "date_prec": chance.randrange(1, 4),
            "date_start": day,
            "date_end": day,
            "deaths_civilians": best,
            "best": best,
            "low": best // 2,
            "high": best * 2,
        }
        geometry = {"type": "Point", "coordinates": where[place]}
        features.append({"type": "Feature", "properties": cells, "geometry": geometry})
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))


def seconds(where: Place, documents: Callable[[], Iterator[ImportedDocument]]) -> float:
    """Import into an empty database; gives seconds."""
    url = where.fresh()
    database = Database.open(url)
    began = time.perf_counter()
    report = import_documents(database, [ImportFile("table", documents)], Options("bench"))
    taken = time.perf_counter() - began
    database.dispose()
    where.drop(url)
    if report.faults:
        raise RuntimeError(report.faults[0])
    return taken


def main() -> None:
    """Measure, and print the ratio with its spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, help="a table of UCDP GED, as CSV or GeoJSON")
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    mapping = read_mapping(data_dir("seed_data") / "mappings" / "ucdp-ged.yaml")
    with tempfile.TemporaryDirectory() as folder:
        where = Place(Path(folder), options.postgres)
        table = options.table or Path(folder) / "ged.geojson"
        if options.table is None:
            make_up(table, ROWS)
        form = format_of_name(table.name) or "csv"
        plain = Path(folder) / "plain.ndjson"
        documents = [one.raw for one in read_mapped(mapping, form, pieces(table)) if one.raw is not None]
        plain.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in documents))
        mapped, unmapped = [], []
        for _ in range(ROUNDS):
            mapped.append(seconds(where, lambda: read_mapped(mapping, form, pieces(table))))
            unmapped.append(seconds(where, lambda: read("ndjson", pieces(plain))))
        ratios = [two / one for one, two in zip(mapped, unmapped, strict=True)]
        print(
            f"{len(documents):,} documents through a mapping: {statistics.median(ratios):.2f} of plain NDJSON "
            f"({min(ratios):.2f}-{max(ratios):.2f}); {len(documents) / statistics.median(mapped):,.0f}/s"
        )


if __name__ == "__main__":
    main()
