"""Who has much to do, beside others who have little."""

import pytest

from cms.serving.loads import Loads


@pytest.mark.parametrize(
    ("own", "others", "is_uneven"),
    [
        (0, (0,), False),
        (2, (0,), False),
        (3, (0,), True),
        (9, (7,), False),
        (10, (7, 30), True),
        (3, (9,), False),
    ],
)
def test_three_requests_more_than_another_has_are_uneven(
    own: int, others: tuple[int, ...], is_uneven: bool
) -> None:
    loads = Loads(1 + len(others))
    for place, requests in enumerate((own, *others)):
        loads.note(place, requests)
    assert loads.is_uneven(0) is is_uneven


def test_a_single_worker_keeps_all_its_readers() -> None:
    loads = Loads(1)
    loads.note(0, 60)
    assert not loads.is_uneven(0)
