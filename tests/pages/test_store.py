"""The shelf itself: what it keeps, forgets, and never takes more memory than it may."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cms.pages.store import SEEN_ONCE_SHARE, Store

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(eq=False)
class Leaf:
    things: frozenset[str] = frozenset()
    due: datetime | None = None
    size: int = 10


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def keep(store: Store[Leaf], key: str, *things: str, **fields: object) -> Leaf:
    making = store.begin(key)
    assert making is not None
    leaf = Leaf(frozenset(things), **fields)  # type: ignore[arg-type]
    store.finish(making, leaf)
    return leaf


def test_a_page_is_forgotten_with_any_thing_that_it_is_made_of() -> None:
    store = Store[Leaf](1_000)
    keep(store, "a", "article:1", "site")
    tag = keep(store, "b", "tag:1", "site")
    store.forget(["article:1", "article:2"])
    assert (store.get("a", at(NOW)), store.get("b", at(NOW))) == (None, tag)
    store.forget(["site"])
    assert store.get("b", at(NOW)) is None
    assert store.bytes_kept == 0


def test_what_changed_while_a_page_was_made_is_not_kept() -> None:
    store = Store[Leaf](1_000)
    making = store.begin("a")
    assert making is not None
    store.forget(["tag:1"])
    store.finish(making, Leaf(frozenset({"tag:1"})))
    assert store.get("a", at(NOW)) is None
    making = store.begin("a")
    assert making is not None
    store.forget_all()
    store.finish(making, Leaf())
    assert store.get("a", at(NOW)) is None


def test_a_page_falls_due_at_its_moment() -> None:
    store = Store[Leaf](1_000)
    leaf = keep(store, "a", due=NOW)
    assert store.get("a", at(NOW - timedelta(microseconds=1))) is leaf
    assert store.get("a", at(NOW)) is None


def test_the_store_stays_within_its_bytes_and_keeps_what_is_asked_for() -> None:
    store = Store[Leaf](400)
    loved = keep(store, "loved")
    assert store.get("loved", at(NOW)) is loved
    for number in range(500):
        keep(store, f"/?page={number}", "front")
        assert store.bytes_kept <= 400
    assert store.get("loved", at(NOW)) is loved, (
        "whoever walks through everything pushes out nothing that is read"
    )
    assert store.bytes_kept == 10 + 400 // SEEN_ONCE_SHARE
    for number in range(500):
        keep(store, f"twice {number}", "front")
        store.get(f"twice {number}", at(NOW))
    assert store.bytes_kept <= 400
    assert store.get("loved", at(NOW)) is None, "the least recently asked for goes first"


def test_one_makes_a_page_and_the_others_wait_for_it() -> None:
    store = Store[Leaf](1_000)
    making = store.begin("a")
    assert making is not None
    leave: list[object] = []
    waiting = [threading.Thread(target=lambda: leave.append(store.begin("a"))) for _ in range(4)]
    for thread in waiting:
        thread.start()
    store.finish(making, Leaf())
    for thread in waiting:
        thread.join(5)
    assert leave == [None] * 4
    assert store.get("a", at(NOW)) is not None
