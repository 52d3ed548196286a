"""Pages of records, over HTTP: what each kind shows, as whom and as of when, and what becomes of bad addresses."""

import pytest
from reading_pages import page_of

from app.records.kinds import EXAMPLES, RECORD_KINDS

pytestmark = pytest.mark.anyio

MINIMAL = {kind.collection: {"title": "Nothing but a title"} for kind in RECORD_KINDS}

BIDI = "\N{RIGHT-TO-LEFT OVERRIDE}live\N{POP DIRECTIONAL FORMATTING}"
HOSTILE = "<script>alert(1)</script> \"' onload=x שלום {{ 7*7 }} &lt;b&gt;"


async def page(client, path, status=200):
    answer = await client.get(f"/explore/{path}")
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return page_of(answer)


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.kind)
async def test_a_rich_record_of_each_kind(seeded_client, kind):
    ref = f"{kind.collection}/{EXAMPLES[kind.kind]}"
    record = (await seeded_client.get(f"/v1/{ref}")).json()
    found = await page(seeded_client, ref)
    assert found.title == record["title"]
    assert record["summary"] in found.text
    for link in record["linked"]:
        if link.partition("/")[0] != "sources" or kind.kind != "source":
            assert any(one.removeprefix("../../explore/").startswith(link) for one in found.links), link
    assert f"../../v1/{ref}?format=csl" in found.links
    assert f"{ref}/revisions/{record['revision']}" in found.text
    assert f"../revisions/{record['revision']}" in found.text.replace(ref, "..")


async def test_a_minimal_record_of_each_kind(writer, collection):
    made = await writer.create(collection, **MINIMAL[collection])
    found = await page(writer.client, f"{collection}/{made['id']}")
    assert found.title == "Nothing but a title"
    assert "No date is known." in found.text


async def test_text_of_records_is_text(writer):
    source = await writer.create("sources", title=HOSTILE, url="https://example.org/?a='%22%3E")
    place = await writer.create("places", title=HOSTILE)
    actor = await writer.create("actors", title=HOSTILE, aliases=[HOSTILE], labels={"ar": HOSTILE})
    many = {
        "title": HOSTILE,
        "summary": f"{HOSTILE}\n\n{HOSTILE}" + "x" * 90_000,
        "tags": [HOSTILE],
        "names": [{"name": HOSTILE, "language": "ar", "date": "1900/1910", "note": HOSTILE}],
        "date": {"edtf": "1900/1910", "as_written": HOSTILE, "note": HOSTILE},
        "places": [{"place": f"places/{place['id']}", "note": HOSTILE}],
        "participants": [{"actor": f"actors/{actor['id']}", "note": HOSTILE}],
        "figures": [{"measure": "deaths", "text": HOSTILE, "group": HOSTILE, "unit": HOSTILE}],
        "evidence": [
            {
                "property": "summary",
                "source": f"sources/{source['id']}",
                "selector": {"exact": f"a {BIDI}\n{HOSTILE[:60]}"},
                "value": HOSTILE,
                "note": HOSTILE,
            },
            {"property": f"names/{HOSTILE}", "source": f"sources/{source['id']}", "selector": {"page": 3}},
        ],
    }
    event = await writer.create("events", **many)
    for ref in (
        f"sources/{source['id']}",
        f"places/{place['id']}",
        f"actors/{actor['id']}",
        f"events/{event['id']}",
    ):
        found = await page(writer.client, ref)
        assert found.title == " ".join(HOSTILE.split())
        assert "alert(1)" in found.text
        assert "49" not in found.title
    searched = await page(writer.client, 'events/%3Cscript%3E%22x?q="><script>', status=400)
    assert searched.title == "This cannot be shown"


async def contested(writer):
    one = await writer.create("sources", title="One", id="one")
    await writer.create("sources", title="Another", id="another")
    await writer.create("actors", title="Ana", id="ana")
    await writer.create("actors", title="Bo", id="bo")
    event = await writer.create(
        "events",
        title="A meeting",
        type="meeting",
        date="1990",
        summary="They met.",
        tags=["quiet"],
        participants=[{"actor": "actors/ana"}, {"actor": "actors/bo"}],
        evidence=[
            {
                "property": "date",
                "source": "sources/one",
                "selector": {"page": 4},
                "value": "1991",
                "note": "By the diary.",
            },
            {"property": "summary", "source": "sources/one", "stance": "disputes"},
            {"property": "participants/actors/ana", "source": "sources/one"},
            {
                "property": "participants/actors/bo",
                "source": "sources/another",
                "rank": "deprecated",
                "stance": "disputes",
            },
            {"property": "date", "source": "sources/another", "selector": {"exact": "in the spring of 1990"}},
        ],
    )
    assert one["id"] == "one"
    return f"events/{event['id']}"


async def test_evidence_stands_side_by_side(writer):
    found = await page(writer.client, await contested(writer))
    table = found.of_class("side-by-side")
    assert "The record 1990" in table
    assert "one source supports it" in table
    assert "One holds another value: 1991 page 4 stated By the diary." in table
    assert "Another supports it in the spring of 1990 stated" in table
    assert table.index("Date contested") < table.index("Participants: Ana")
    assert "One disputes it" in table
    assert "Without any source:" in found.text


async def test_a_record_as_a_source_has_it(writer):
    ref = await contested(writer)
    found = await page(writer.client, f"{ref}?policy=source:sources/one")
    assert "As One has it." in found.text
    assert "So the source; the record says: 1990" in found.of_class("own")
    assert "1991" in found.of_class("own")
    assert "The source is silent on this." in found.of_class("silent")
    assert "quiet" in found.of_class("silent")
    assert "Bo" in found.of_class("silent")
    assert "Ana" not in found.of_class("silent")
    assert "They met. contested The source disputes this." in found.of_class("disputed")
    kept = [link for link in found.links if "explore/actors/" in link]
    assert kept
    assert all(link.endswith("?policy=source:sources/one") for link in kept)


async def test_what_only_the_source_has(writer):
    await writer.create("sources", title="One", id="one")
    for name in ("ana", "bo", "cy"):
        await writer.create("actors", title=name.capitalize(), id=name)
    made = await writer.create(
        "events",
        title="A meeting",
        participants=[{"actor": "actors/ana"}, {"actor": "actors/bo", "role": "host"}],
        evidence=[
            {"property": "date", "source": "sources/one", "value": "1991"},
            {
                "property": "participants",
                "source": "sources/one",
                "value": [{"actor": "actors/ana", "note": "Late."}, {"actor": "actors/cy"}],
            },
        ],
    )
    found = await page(writer.client, f"events/{made['id']}?policy=source:sources/one")
    assert "1991 1991 contested Only the source has this." in found.of_class("added")
    assert "Cy Only the source has this." in found.of_class("added").replace("contested ", "")
    assert "Ana Late." in found.of_class("own")
    assert "the record says: actor: actors/ana" in found.of_class("own")
    assert found.of_class("silent").startswith("Bo, Host")
    plain = await page(writer.client, f"events/{made['id']}")
    assert "No date is known." in plain.text
    assert "Cy" not in plain.of_class("members")


async def test_a_record_on_which_the_source_is_silent(writer):
    ref = await contested(writer)
    await writer.create("sources", title="A <third>", id="third")
    found = await page(writer.client, f"{ref}?policy=source:sources/third")
    assert found.of_class("banner").startswith("A <third> says nothing of this record")
    assert "sources/third" not in found.text
    assert "They met. contested The source is silent on this." in found.of_class("silent")
    assert not found.of_class("own")
    assert not any("policy=source:sources/third" in link and "format=" in link for link in found.links)


async def test_a_source_is_named_by_its_title_on_the_pages_of_others(writer):
    await writer.create("sources", title="A third", id="third")
    await writer.create("sources", title="A fourth", id="fourth")
    found = await page(writer.client, "sources/fourth?policy=source:sources/third")
    assert found.of_class("banner").startswith("Records are read as A third has them.")


async def test_only_sources_with_evidence_are_offered(writer):
    ref = await contested(writer)
    await writer.create("sources", title="A third", id="third")
    answer = await writer.client.get(f"/explore/{ref}")
    assert 'value="source:sources/one"' in answer.text
    assert 'value="source:sources/third"' not in answer.text


async def test_history_says_what_was_changed(writer):
    made = await writer.create("events", title="A meeting", date="1990", tags=["quiet"])
    ref = f"events/{made['id']}"
    await writer.patch(ref, {"date": "1991", "tags": None}, **{"X-Edit-Comment": "A <b>better</b> date"})
    found = await page(writer.client, ref)
    assert "Revision 2" in found.text
    assert "by editor (update): A <b>better</b> date" in found.text
    assert found.of_class("fields") == "Changed: date, tags"
    assert "Where Before After date 1990 1991" in found.text
    was = await page(writer.client, f"{ref}?revision=1")
    assert "This is revision 1" in was.text
    assert "quiet" in was.text
    now = await page(writer.client, f"{ref}?revision=2")
    assert "What revision 2 changed" in now.text
    assert "date 1990 1991" in now.text
    assert "tags quiet taken away" in now.text


async def test_a_record_as_it_was_known(writer):
    made = await writer.create("events", title="A meeting", date="1990")
    ref = f"events/{made['id']}"
    moment = made["updated_at"]
    await writer.patch(ref, {"title": "Another meeting"})
    found = await page(writer.client, f"{ref}?known_at={moment}")
    assert found.title == "A meeting"
    assert "as it was known at" in found.of_class("banner")
    early = await page(writer.client, f"{ref}?known_at=1999-01-01T00:00:00Z", status=404)
    assert "was not known at that moment" in early.text
    assert f"../../explore/{ref}" in early.links


async def test_what_was_merged_or_renamed_redirects(writer):
    await writer.create("actors", title="Ana", id="ana")
    await writer.create("actors", title="Anna", id="anna")
    await writer.merge("actors/ana", "actors/anna")
    answer = await writer.client.get("/explore/actors/ana?lang=es")
    assert answer.status_code == 308
    assert answer.headers["location"] == "../actors/anna?lang=es"
    assert str(answer.url.join(answer.headers["location"])).endswith("/explore/actors/anna?lang=es")
    await writer.post("actors/anna/rename", {"to": "anita"}, **{"If-Match": "*"})
    answer = await writer.client.get("/explore/actors/anna")
    assert answer.headers["location"] == "../actors/anita"
    assert (await page(writer.client, "actors/anita")).title == "Anna"


async def test_what_is_not_there_says_what_is_near(seeded_client):
    found = await page(seeded_client, "actors/hugo-chaves", status=404)
    assert found.title == "This record is not here"
    assert "../../explore/actors/hugo-chavez" in found.links
    other = await page(seeded_client, "people/hugo-chavez", status=404)
    assert "There is no such collection" in other.text


async def test_what_was_deleted_leads_to_its_last_document(writer):
    made = await writer.create("events", title="A meeting")
    ref = f"events/{made['id']}"
    await writer.delete(ref)
    found = await page(writer.client, ref, status=410)
    assert f"../../explore/{ref}?revision=1" in found.links
    last = await page(writer.client, f"{ref}?revision=1")
    assert last.title == "A meeting"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("policy=sources/x", "policy"),
        ("policy=source:sources/none", "There is no such record."),
        ("revision=0", "revision"),
        ("revision=9", "There is no such revision"),
        ("known_at=yesterday", "Give a moment with its offset"),
        ("known_at=2026-01-01T00:00:00Z&lang=es", "is of the record as it is now"),
        ("revision=1&policy=source:sources/cuba-venezuela-cooperation", "is of the record as it is now"),
        ("from=3", "Only sources have a text"),
        ("colour=blue", "colour"),
    ],
)
async def test_a_wrong_question_is_told_in_words(seeded_client, query, said):
    answer = await seeded_client.get(f"/explore/actors/hugo-chavez?{query}")
    assert answer.status_code in (400, 404)
    found = page_of(answer)
    assert said in found.text
    assert "../../explore/actors/hugo-chavez" in found.links


async def test_titles_in_a_language(seeded_client):
    found = await page(seeded_client, "agreements/comprehensive-cooperation-agreement?lang=es")
    assert found.title == "Convenio Integral de Cooperación entre Cuba y Venezuela"
    assert "Its title as it is written: Comprehensive Cooperation Agreement" in found.text
    assert any(link.endswith("?lang=es") for link in found.links if "explore/missions/" in link)


async def test_provisions_are_a_ledger(seeded_client):
    found = await page(seeded_client, "agreements/comprehensive-cooperation-agreement")
    assert "Energy supply to Cuba Energy supply" in found.text
    row = found.text[found.text.index("Cuban personnel and skills Personnel") :]
    assert row.index("Cuba") < row.index("Venezuela") < row.index("Barrio Adentro Mission")


async def test_relations_are_shown_from_both_ends_with_their_time(writer):
    await writer.create("actors", title="Cuba", id="cuba", type="state")
    await writer.create(
        "actors",
        title="Ana",
        id="ana",
        type="person",
        relations=[{"type": "leader-of", "target": "actors/cuba", "date": "1999/2013"}],
    )
    assert "leader of Cuba, 1999–2013" in (await page(writer.client, "actors/ana")).text
    inverse = await page(writer.client, "actors/cuba")
    assert "Ana, 1999–2013" in inverse.text
    assert "../../explore/actors/ana" in inverse.links


async def test_what_happened_around_a_record(writer):
    await writer.create("actors", title="Ana", id="ana")
    for year in range(1980, 1992):
        who = {"participants": [{"actor": "actors/ana"}]} if year in (1980, 1991) else {}
        await writer.create("events", title=f"In {year}", id=f"in-{year}", date=str(year), **who)
    await writer.create("events", title="At some time", date="XXXX-03-04")
    made = await writer.create(
        "events", title="The middle", date="1986-05-01", participants=[{"actor": "actors/ana"}]
    )
    found = await page(writer.client, f"events/{made['id']}")
    around = found.of_class("neighbours")
    assert around.startswith("Before In 1985, 1985 In 1984, 1984 In 1983, 1983 In 1982, 1982 More")
    assert "At the same time, possibly In 1986, 1986 More" in around
    assert "After In 1987, 1987" in around
    assert "Before, with Ana In 1980, 1980" in around
    assert "After, with Ana In 1991, 1991" in around
    assert "At some time" not in around


async def test_long_lists_are_cut_and_say_so(writer):
    actors = [{"kind": "actor", "id": f"a{number}", "title": f"Actor {number}"} for number in range(230)]
    answer = await writer.ask("POST", "/v1/imports", json=actors)
    assert answer.status_code == 200, answer.text
    made = await writer.create(
        "events",
        title="A crowd",
        participants=[{"actor": f"actors/a{number}"} for number in range(230)],
        relations=[],
        evidence=[
            {"basis": "external", "note": f"Told by number {number}.", "property": "title"}
            for number in range(60)
        ],
    )
    found = await page(writer.client, f"events/{made['id']}")
    assert "Actor 199" in found.text
    assert "Actor 200 " not in found.text
    assert "The first 200 of 230" in found.text
    assert "20 more passages" in found.text


async def test_who_refers_to_it_is_grouped_and_bounded(writer):
    await writer.create("actors", title="Ana", id="ana")
    events = [
        {
            "kind": "event",
            "title": f"Event {year}",
            "date": str(year),
            "participants": [{"actor": "actors/ana", "role": "guest"}],
        }
        for year in range(1999, 1960, -1)
    ]
    assert (await writer.ask("POST", "/v1/imports", json=events)).status_code == 200
    found = await page(writer.client, "actors/ana")
    assert "Took part in events Event 1961, guest, 1961 Event 1962, guest, 1962" in found.text
    assert "25 of 39." in found.text
    assert "../../explore?kind=event&participant=actors/ana" in found.links


async def test_reading_needs_a_key_where_the_api_does(make_client):
    async with make_client(public_reads=False) as client:
        answer = await client.get("/explore/events/x")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/explore/sign-in?next=explore/events/x",
    )
