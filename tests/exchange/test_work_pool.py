"""What a pool of several processes returns is what one process would do."""

from datetime import UTC, datetime, timedelta

from cms.articles.related import Subject, kin_of_many
from cms.exchange.actions.work_pool import KIN_WORTH_IT, WorkPool, work_pool

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_pool_cleans_as_one_process_does_and_in_the_same_order() -> None:
    comments = [f"<b>{number}</b> & more\n\nhttps://example.org/{number}" for number in range(120)]
    bodies = [f"<p onclick='x()'>Text {number} of می\u200cخواهم</p>" for number in range(30)]
    with work_pool(2) as several:
        assert list(several.comments(comments)) == list(WorkPool().comments(comments))
        assert list(several.bodies(bodies)) == list(WorkPool().bodies(bodies))


def test_a_pool_finds_kin_as_one_process_does() -> None:
    subjects = [
        Subject(
            number, number % 5, BEGIN + timedelta(hours=number), frozenset({number % 700, -(number % 11)})
        )
        for number in range(1, KIN_WORTH_IT + 1)
    ]
    wanted = [one.id for one in subjects]
    with work_pool(2) as several:
        assert several.kin(subjects, wanted) == kin_of_many(subjects, wanted)
