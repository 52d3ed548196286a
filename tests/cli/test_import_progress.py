"""Progress of an import where there is no terminal: lines, at most one in ten seconds."""

from app.cli.import_progress import ProgressLines


def lines_of(*reports):
    """Return the lines that are written, where each report comes at a second."""
    written, clock = [], iter([at for at, *_ in reports])
    show = ProgressLines(written.append, lambda: next(clock))
    for _, *report in reports:
        show(*report)
    return written


def test_a_line_every_ten_seconds_with_the_rate_since_the_one_before():
    assert lines_of(
        (0, "reading", 1_000, None),
        (9.9, "reading", 50_000, None),
        (10, "reading", 85_000, None),
        (15, "reading", 100_000, None),
        (30, "reading", 120_000, None),
    ) == ["reading 85,000 documents, 8,400/s", "reading 120,000 documents, 1,750/s"]


def test_each_stage_counts_anew_from_what_was_done_before_it():
    assert lines_of(
        (0, "reading", 1_000, None),
        (500, "writing", 600_000, 1_000_000),
        (510, "writing", 650_000, 1_000_000),
    ) == ["writing 650,000 of 1,000,000 documents, 5,000/s"]


def test_stages_that_are_short_of_ten_seconds_do_not_keep_silent_together():
    assert lines_of(
        (0, "reading", 1_000, None),
        (6, "reading", 7_000, None),
        (7, "checking references of", 20_000, 100_000),
        (10.5, "checking references of", 55_000, 100_000),
        (12, "checking references of", 100_000, 100_000),
        (15, "writing", 1_000, 100_000),
        (20.5, "writing", 12_000, 100_000),
    ) == [
        "checking references of 55,000 of 100,000 documents, 10,000/s",
        "writing 12,000 of 100,000 documents, 2,000/s",
    ]


def test_a_rate_is_counted_over_a_second_at_least():
    assert lines_of(
        (0, "reading", 1_000, None),
        (20, "naming", 1_000, 9_000),
        (20.1, "naming", 2_000, 9_000),
        (21, "naming", 3_000, 9_000),
    ) == ["naming 3,000 of 9,000 documents, 2,000/s"]


def test_what_is_over_in_less_writes_none():
    assert lines_of((0, "reading", 10, None), (1, "writing", 10, 10), (2, "writing", 10, 10)) == []
