"""GeoJSON in (RFC 7946): the features of a collection, each a document.

`properties` is the document; a place's geometry is put back into it, and `id`, where it is a reference,
says the kind and id that the properties leave out. For tables of others in GeoJSON, `read_features` gives
the properties as cells, with the geometry among them, and a mapping says what they mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.formats.reading.json import pieces
from app.records import kind_of_collection
from app.records.incoming import Incoming, bad

_FEATURES: Final = ("features",)


def read_features(chunks: Iterable[bytes]) -> Iterator[Incoming]:
    """Give each feature as it is.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    for piece in pieces(chunks, _FEATURES):
        read = piece.read()
        if read.faults:
            # They have their places in the feature, not in the document that is made of it.
            yield Incoming(read.line, faults=read.faults)
        elif read.raw is not None and (
            read.raw.get("type") != "Feature" or not isinstance(read.raw.get("properties"), Mapping)
        ):
            yield bad(piece.line, "not_a_feature", "Give a Feature with properties (RFC 7946, 3.2).")
        else:
            yield read


def read_geojson(chunks: Iterable[bytes]) -> Iterator[Incoming]:
    """Read features whose properties are documents, as exports have them. Raises as `read_features`."""
    for read in read_features(chunks):
        yield read if read.raw is None else Incoming(read.line, _document(read.raw))


def _document(feature: Mapping[str, Any]) -> dict[str, Any]:
    document = dict(feature["properties"])
    identity = feature.get("id")
    if isinstance(identity, str):
        collection, slash, record_id = identity.partition("/")
        kind = kind_of_collection(collection)
        if slash and kind is not None:
            document.setdefault("kind", kind.kind)
            document.setdefault("id", record_id)
    # The geometry of other kinds is their places', shown for the sake of maps.
    if document.get("kind", "place") == "place" and feature.get("geometry") is not None:
        document["geometry"] = feature["geometry"]
    return document
