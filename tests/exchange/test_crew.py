"""What a crew of several processes does is what one alone would do."""

from datetime import UTC, datetime, timedelta

from cms.articles.related import Subject, kin_of_many
from cms.exchange.actions.crew import KIN_WORTH_IT, Crew, crew

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_crew_cleans_as_one_does_and_in_the_same_order() -> None:
    comments = [f"<b>{number}</b> & more\n\nhttps://example.org/{number}" for number in range(120)]
    bodies = [f"<p onclick='x()'>Text {number} of می\u200cخواهم</p>" for number in range(30)]
    with crew(2) as several:
        assert list(several.comments(comments)) == list(Crew().comments(comments))
        assert list(several.bodies(bodies)) == list(Crew().bodies(bodies))


def test_a_crew_weighs_kin_as_one_does() -> None:
    subjects = [
        Subject(
            number, number % 5, BEGIN + timedelta(hours=number), frozenset({number % 700, -(number % 11)})
        )
        for number in range(1, KIN_WORTH_IT + 1)
    ]
    wanted = [one.id for one in subjects]
    with crew(2) as several:
        assert several.kin(subjects, wanted) == kin_of_many(subjects, wanted)
