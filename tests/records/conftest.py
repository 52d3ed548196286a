import pytest
from seed_vocabulary import VOCABULARY

from app.errors import InvalidDocument
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.records.validation.document import validate_document


@pytest.fixture(scope="session")
def vocabulary():
    return VOCABULARY


@pytest.fixture(params=[kind.kind for kind in RECORD_KINDS])
def kind(request):
    return kind_by_name(request.param)


@pytest.fixture
def read(vocabulary):
    """Read a document of a kind; title and kind may be left out."""

    def reading(document=None, kind="event", **options):
        return validate_document(
            kind_by_name(kind), {"title": "Something", **(document or {})}, vocabulary, **options
        )

    return reading


@pytest.fixture
def faults(read):
    """Read a document and give its faults as {pointer: code}."""

    def reading(document, kind="event", **options):
        with pytest.raises(InvalidDocument) as caught:
            read(document, kind, **options)
        found = caught.value.faults
        assert len({fault.pointer for fault in found}) == len(found)
        assert all(fault.detail.endswith(".") for fault in found)
        return {fault.pointer: fault.code for fault in found}

    return reading


@pytest.fixture
def suggestions(read):
    def reading(document, kind="event", **options):
        with pytest.raises(InvalidDocument) as caught:
            read(document, kind, **options)
        return {fault.pointer: fault.suggestion for fault in caught.value.faults}

    return reading
