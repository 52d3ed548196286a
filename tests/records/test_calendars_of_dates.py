"""Dates that were written in other calendars: their digits are Gregorian, their words are kept."""

import pytest

from tests.writers import Writer

OTHERS = ["hebrew", "islamic", "french-republican", "coptic", "ethiopian", "persian", "indian", "chinese"]


@pytest.mark.parametrize("calendar", OTHERS)
def test_the_digits_are_gregorian_and_the_words_are_kept(read, calendar):
    date = read(
        {"date": {"edtf": "1799-11-09", "calendar": calendar, "as_written": "as the source has it"}}
    ).date
    assert (date.start.earliest, date.end.latest) == ("1799-11-09", "1799-11-09")
    assert (date.label, date.calendar, date.as_written) == (
        "9 November 1799",
        calendar,
        "as the source has it",
    )


@pytest.mark.parametrize("calendar", OTHERS)
def test_without_the_words_the_calendar_says_nothing_and_is_refused(faults, calendar):
    assert faults({"date": {"edtf": "1799-11-09", "calendar": calendar}}) == {"/date/as_written": "missing"}


@pytest.mark.parametrize("calendar", ["gregorian", "julian"])
def test_the_calendars_of_digits_need_no_words(read, calendar):
    assert read({"date": {"edtf": "1799-11-09", "calendar": calendar}}).date.calendar == calendar


def test_what_a_source_says_of_the_date_obeys_the_same_rule(faults):
    said = {
        "property": "date",
        "value": {"edtf": "1799-11-09", "calendar": "hebrew"},
        "basis": "external",
        "note": "x",
    }
    found = faults({"date": "1799", "evidence": [said]})
    assert found == {"/evidence/0/value/as_written": "missing"}


async def test_over_http_it_is_found_by_its_gregorian_day_and_written_in_every_format(writer: Writer):
    date = {"edtf": "1799-11-09", "calendar": "french-republican", "as_written": "18 brumaire an VIII"}
    await writer.create("events", id="brumaire", title="Coup", date=date)
    found = (await writer.ask("GET", "/v1/events?when=1799-11-09&certainty=certain")).json()["items"]
    assert [one["date"] | date for one in found] == [found[0]["date"]]
    table = (await writer.ask("GET", "/v1/events?format=csv")).text
    assert "french-republican,18 brumaire an VIII" in table
    graph = (await writer.ask("GET", "/v1/events/brumaire?format=jsonld")).text
    assert "french-republican" in graph
    assert "18 brumaire an VIII" in graph
    refused = await writer.ask("PATCH", "/v1/events/brumaire", json={"date": {"as_written": None}}, headers={"content-type": "application/merge-patch+json", "if-match": '"1"'})  # fmt: skip
    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/date/as_written"]


async def test_digits_of_such_a_calendar_are_none_that_can_be_explained(client):
    answer = await client.get("/v1/dates", params={"edtf": "5708", "calendar": "hebrew"})
    assert answer.status_code == 400
