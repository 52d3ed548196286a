from dataclasses import replace

import pytest
from format_items import about, make

from app.errors import BadRequest
from app.formats import FORMATS, formats_for
from app.formats.format import Use
from app.formats.serialize import write, write_stream


@pytest.mark.parametrize("name", FORMATS)
async def test_a_stream_gives_what_a_file_gets(name, battle):
    chunks = [[battle], [make("event", {"title": "x"})] * 30, []]

    async def coming():
        for chunk in chunks:
            yield chunk

    form = FORMATS[name]
    streamed = [piece async for piece in write_stream(form, coming(), about())]
    assert b"".join(streamed) == b"".join(write(form, chunks, about()))
    assert all(streamed)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_something_in_every_format(name):
    body = b"".join(write(FORMATS[name], [], about()))
    assert bool(body) == (name not in ("ndjson", "bibtex", "ris"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_whether_it_has_addresses_of_the_service(name, battle):
    items = [[battle, make("place", {"title": "Havana"}), make("source", {"title": "A book"})]]
    here, there = (
        b"".join(write(FORMATS[name], items, replace(about(None), base=base)))
        for base in ("https://annals.example", "https://annals.example.org")
    )
    assert (here != there) == FORMATS[name].has_addresses


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.most])
async def test_what_must_be_held_whole_has_an_end(name, battle):
    form = replace(FORMATS[name], most=500)

    async def endless():
        while True:
            yield [battle] * 99

    async def send():
        # A second piece cannot come: the first would have begun the answer.
        return await anext(write_stream(form, endless(), about()))

    with pytest.raises(BadRequest) as caught:
        await send()
    assert caught.value.code == "too_many_records"


def test_what_streams_holds_nothing():
    assert all(form.most is None for form in FORMATS.values() if form.streams)


def test_json_is_first_and_everything_can_be_exported():
    assert next(iter(FORMATS)) == "json"
    assert formats_for(Use.EXPORT).keys() == FORMATS.keys()
    assert formats_for(Use.GRAPH).keys() == {"graphml"}
