"""What answers to the questions of a draft make of its lines."""

import pytest
from drafting import drafted
from seed_vocabulary import VOCABULARY

from app.imports.mapping.drafts.answers import (
    Known,
    WrongAnswer,
    answered,
    confirmed,
    left_out,
    mapping_faults,
)
from app.imports.mapping.drafts.questions import gaps_of, questions_of, with_gaps_filled
from app.imports.mapping.guesses import open_choices, unconfirmed_guesses
from app.values.failsafe_yaml import load_failsafe_yaml

BATTLES = (
    "no,battle,town,begin,end,commander\n"
    "1,Alma,Sevastopol,1854-09-20,1854-09-20,Raglan\n"
    "2,Inkerman,Sevastopol,1854-11-05,,Raglan\n"
    "3,Redan,Balaklava,1855-09-08,1855-09-08,Simpson\n"
)


@pytest.fixture(scope="session")
def vocabulary():
    return VOCABULARY


@pytest.fixture
def known(vocabulary):
    return Known(frozenset({"no", "battle", "town", "begin", "end", "commander", "a b"}), vocabulary)


def asked(text, key, record=None, nth=0):
    return [one for one in questions_of(text) if one.key == key and (record is None or one.record == record)][
        nth
    ]


def records(text):
    return load_failsafe_yaml(text)["records"]


def test_a_draft_whose_guesses_are_confirmed_one_by_one_can_be_imported_and_says_the_same():
    draft = text = drafted(BATTLES, "battles.csv")
    while questions := questions_of(text):
        text = confirmed(text, questions[0])
    assert unconfirmed_guesses(draft)
    assert not unconfirmed_guesses(text)
    assert load_failsafe_yaml(text) == load_failsafe_yaml(draft)


def test_a_question_has_its_record_what_speaks_for_it_and_its_columns():
    question = asked(drafted(BATTLES, "battles.csv"), "title", "event")
    assert (question.value, question.columns, question.is_choice) == ('"{battle|line}"', ("battle",), False)
    assert question.why == "battle has names"
    date = asked(drafted(BATTLES, "battles.csv"), "date")
    assert date.below[0] == 'start: "{begin}"'
    assert date.columns == ("begin", "end")


def test_the_kind_is_asked_first_and_every_choice_before_the_guesses():
    keys = [(one.key, one.is_choice) for one in questions_of(drafted("n,tags\n1,a\n2,b\n", "t.csv"))]
    assert keys[0] == ("kind", True)
    assert keys == sorted(keys, key=lambda one: not one[1])


def test_a_place_that_is_left_out_takes_its_links_with_it():
    text = drafted(BATTLES, "battles.csv")
    assert [one["kind"] for one in records(text)] == ["source", "place", "event"]
    text = left_out(text, asked(text, "kind", "place"))
    source, event = records(text)
    assert (source["kind"], event["kind"]) == ("source", "event")
    assert "places" not in event
    assert event["title"] == "{battle|line}"


def test_an_id_that_others_refer_to_is_changed_with_them_and_not_left_out(known):
    text = drafted(BATTLES, "battles.csv")
    with pytest.raises(WrongAnswer, match="refer to this id"):
        left_out(text, asked(text, "id", "place"))
    text = answered(text, asked(text, "id", "place"), "town-{town|slug}", known)
    assert records(text)[1]["id"] == "town-{town|slug}"
    assert records(text)[2]["places"] == [{"place": "places/town-{town|slug}"}]


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("title", "commander", "{commander|line}"),
        ("title", "{commander} at {town}", "{commander} at {town}"),
        ("title", 'The "{battle}": #1', 'The "{battle}": #1'),
        ("title", "{from: '{town}', look_up: {Redan: R}}", {"from": "{town}", "look_up": {"Redan": "R"}}),
        ("kind", "mission", "mission"),
        ("id", "no", "battles-{no|slug}"),
        ("date", "begin", {"text": "{begin}"}),
        ("date", "{year: '{begin}'}", {"year": "{begin}"}),
    ],
)
def test_an_answer_takes_the_place_of_a_guess(known, key, answer, said):
    text = drafted(BATTLES, "battles.csv")
    changed = answered(text, asked(text, key, "event"), answer, known)
    assert records(changed)[2] == {**records(text)[2], key: said}
    assert len(questions_of(changed)) < len(questions_of(text))


def test_what_an_empty_end_means_is_answered_with_a_word(known):
    text = drafted(BATTLES, "battles.csv")
    end = asked(text, "end", "event")
    assert "unknown: true" in end.value
    changed = answered(text, end, "same", known)
    assert records(changed)[2]["date"]["end"] == {"from": "{end}", "same": "true"}


@pytest.mark.parametrize(
    ("key", "answer", "reason"),
    [
        ("title", "{battel}", "no column 'battel'. Did you mean battle?"),
        ("title", "{battle", "[Bb]race"),
        ("title", "{battle|loud}", "no filter"),
        ("kind", "battle", "Choose one of"),
    ],
)
def test_an_answer_that_the_mapping_cannot_take_is_refused(known, key, answer, reason):
    text = drafted(BATTLES, "battles.csv")
    with pytest.raises(WrongAnswer, match=reason):
        answered(text, asked(text, key, "event"), answer, known)


def test_what_is_made_once_names_no_column_and_needs_a_title(known):
    text = drafted(BATTLES, "battles.csv")
    title = asked(text, "title", "source")
    with pytest.raises(WrongAnswer, match="made of no row"):
        answered(text, title, "{town}", known)
    with pytest.raises(WrongAnswer, match="needs a title"):
        left_out(text, title)
    assert records(answered(text, title, "Battles, by hand", known))[0]["title"] == "Battles, by hand"


def test_a_term_that_the_database_does_not_have_is_refused(known):
    text = drafted("no,battle,deaths\n1,Alma,5\n2,Redan,6\n", "battles.csv")
    measure = asked(text, "measure")
    with pytest.raises(WrongAnswer, match="has no term"):
        answered(text, measure, "deads", known)
    changed = answered(text, measure, "injured", known)
    assert records(changed)[-1]["figures"] == [{"measure": "injured", "best": "{deaths}"}]
    assert "figures" not in records(left_out(text, measure))[-1]


def test_codes_that_are_not_known_are_asked_one_by_one(vocabulary):
    rows = "no,battle,date,date_precision\n1,Alma,1854-09-20,a\n2,Redan,1855-09-08,b\n"
    text = drafted(rows, "battles.csv", asks=True)
    precision = asked(text, "precision")
    [proposal] = precision.proposals
    assert gaps_of(proposal) == ('"a"', '"b"')
    filled = with_gaps_filled(proposal, {'"a"': "day", '"b"': ""})
    known = Known(frozenset({"no", "battle", "date", "date_precision"}), vocabulary)
    changed = answered(text, precision, filled, known)
    assert records(changed)[-1]["date"]["precision"] == {
        "from": "{date_precision}",
        "look_up": {"a": "day", "b": ""},
    }
    assert not open_choices(changed)


def test_of_several_dates_one_is_chosen_by_its_column(vocabulary):
    rows = "treaty,signed,ratified\nVienna,1815-06-09,1816-01-01\nParis,1856-03-30,1857-01-01\n"
    text = drafted(rows, "battles.csv", asks=True)
    date = asked(text, "date")
    known = Known(frozenset({"treaty", "signed", "ratified"}), vocabulary)
    assert records(answered(text, date, "signed", known))[-1]["date"] == "{signed}"


def test_a_list_of_which_nothing_is_left_goes_as_well():
    text = drafted(
        "id,name,date,theater\n" + "".join(f"{n},A{n},1850-01-01,Front {n % 2} East\n" for n in range(9))
    )
    assert "tags" in records(text)[-1]
    assert "tags" not in records(left_out(text, asked(text, "tags")))[-1]


def test_no_draft_has_faults_of_its_own(vocabulary):
    for rows in (BATTLES, "n,tags\n1,a\n2,b\n", "no,battle,deaths\n1,Alma,5\n2,Redan,6\n"):
        assert all("Choose what a row is" in one for one in mapping_faults(drafted(rows), vocabulary))


def test_a_choice_has_its_proposals_with_what_each_means():
    numbers = asked(drafted("event;killed\nThe Ford;6.500\n", "t.csv", asks=True), "best")
    assert numbers.what == ""
    assert numbers.described_proposals == (
        '{from: "{killed}", decimal: "."} for 6.5',
        '{from: "{killed}", decimal: ",", thousands: "."} for 6500, where the column has "6.500"',
    )
    codes = asked(drafted("event,date,date_precision\nAlma,1854-09-20,a\n", "t.csv", asks=True), "precision")
    assert (
        codes.what == "what each code of date_precision means (day, month, year, decade, century or within)"
    )
    assert codes.described_proposals == ('{from: "{date_precision}", look_up: {"a": …}}',)
