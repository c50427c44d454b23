"""One decision about many: carried out once, resumed after a crash, taken back as one."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.comments.models import Comment, SpamLesson
from cms.moderation.actions import batches, portions
from cms.moderation.actions.batches import BatchJudgement, begin, begin_undo, carry_on
from cms.moderation.filters import Filter
from cms.moderation.models import Decision
from cms.moderation.queries.batches import batch_status
from cms.moderation.rules import Verdict
from cms.privacy.actions.sweeping import sweep
from cms.site import Site
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

pytestmark = pytest.mark.both_engines

MANY = 23
KILLED = """  # a worker that ends without a word when all of its third portion is written, but not yet committed
import os, signal, sys, cms, sqlalchemy as sa
from cms.config import load_settings
from cms.moderation.actions import batches, portions
site = cms.open_site(load_settings())
batches.FIRST_PORTION = batches.LEAST_PORTION = batches.LARGEST_PORTION = 3
seen = []
@sa.event.listens_for(site.database.writer, "after_cursor_execute")
def end(connection, cursor, statement, *more):
    seen.append(statement.startswith("UPDATE batch SET carried_out"))
    if sum(seen) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
batches.carry_on(site, int(sys.argv[1]), cms.now_utc, seconds=60)
"""
ADVERT = "Friends, I earn a fortune from home with this wonderful little system, ask me how it works today"


@pytest.fixture
def article(site: Site) -> int:
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    return write_article(site, "The ferry", START)


@pytest.fixture
def sent(site: Site, article: int) -> list[int]:
    return [
        send_comment(site, article, START, name=f"Dan {n}", text=f"Word {n} of many.") for n in range(MANY)
    ]


@pytest.fixture
def cleo(app: Flask, article: int) -> Moderator:
    return Moderator(app, "Cleo")


def _newest(site: Site) -> int:
    with site.database.reading() as session:
        return session.execute(sa.select(sa.func.max(col(Decision.id)))).scalar_one()


def _begin(site: Site, narrowed: Filter, verdict: Verdict = Verdict.SPAM, as_of: int = -1) -> int:
    seen = _newest(site) if as_of < 0 else as_of
    return begin(site, BatchJudgement(1, verdict, "advert", narrowed, seen), START)


def _statuses(site: Site) -> dict[str, int]:
    statement = sa.select(col(Comment.status), sa.func.count()).group_by(col(Comment.status))
    with site.database.reading() as session:
        return {status.value: count for status, count in session.execute(statement)}


def _log_adds_up(site: Site) -> None:
    with site.database.reading() as session:
        rows = session.execute(
            sa.select(col(Decision.comment_id), col(Decision.from_status), col(Decision.to_status)).order_by(
                col(Decision.id)
            )
        ).all()
        states = {
            row.id: row.status for row in session.execute(sa.select(col(Comment.id), col(Comment.status)))
        }
    last: dict[int, object] = {}
    for comment_id, before, after in rows:
        assert last.get(comment_id) == before
        last[comment_id] = after
    assert last == states


def test_a_batch_decides_about_all_that_match_and_is_undone_as_one(
    site: Site, article: int, sent: list[int]
) -> None:
    batch_id = _begin(site, Filter(article=article))
    assert carry_on(site, batch_id, lambda: START, seconds=60)
    assert _statuses(site) == {"spam": MANY}
    with site.database.reading() as session:
        batch = batch_status(session, batch_id)
        entries = session.execute(
            sa.select(col(Decision.reason)).where(col(Decision.batch_id) == batch_id)
        ).all()
    assert batch is not None
    assert (batch.wanted, batch.carried_out, len(entries)) == (MANY, MANY, MANY)
    assert carry_on(site, begin_undo(site, 1, batch, START), lambda: START, seconds=60)
    assert _statuses(site) == {"held": MANY}
    _log_adds_up(site)


def test_a_batch_goes_on_where_it_was_cut_off_and_takes_nothing_twice(
    site: Site, article: int, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "FIRST_PORTION", 3)
    monkeypatch.setattr(batches, "LARGEST_PORTION", 3)
    batch_id = _begin(site, Filter(article=article))
    assert not carry_on(site, batch_id, lambda: START, seconds=0)
    assert _statuses(site) == {"held": MANY - 3, "spam": 3}
    assert batches.is_any_unfinished(site, START)
    threads = [threading.Thread(target=batches.carry_on_all, args=(site, START)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not batches.is_any_unfinished(site, START)
    assert _statuses(site) == {"spam": MANY}
    with site.database.reading() as session:
        batch = batch_status(session, batch_id)
    assert batch is not None
    assert batch.carried_out == MANY
    _log_adds_up(site)


def test_a_batch_whose_process_is_killed_amid_a_piece_is_carried_on_and_takes_nothing_twice(
    site: Site, article: int, sent: list[int]
) -> None:
    batch_id = _begin(site, Filter(article=article))
    site.database.close()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(batch_id)], env={**os.environ, **_where(site)}, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    assert _statuses(site) == {"held": MANY - 6, "spam": 6}
    _log_adds_up(site)
    batches.carry_on_all(site, START)
    with site.database.reading() as session:
        batch = batch_status(session, batch_id)
    assert batch is not None
    assert (batch.carried_out, batch.finished_at) == (MANY, START)
    assert _statuses(site) == {"spam": MANY}
    _log_adds_up(site)


def _where(site: Site) -> dict[str, str]:
    settings = site.settings
    return {"CMS_INSTANCE": str(settings.instance), "CMS_DATABASE_URL": settings.database_url}


def test_what_was_decided_or_came_in_since_the_page_was_made_is_left(
    site: Site, cleo: Moderator, article: int, sent: list[int]
) -> None:
    seen = _newest(site)
    cleo.decide("approve", sent[0])
    late = send_comment(site, article, START, name="Eve", text="A late one.")
    carry_on(site, _begin(site, Filter(article=article), as_of=seen), lambda: START, seconds=60)
    assert _statuses(site) == {"approved": 1, "held": 1, "spam": MANY - 1}
    with site.database.reading() as session:
        status = session.execute(sa.select(col(Comment.status)).where(col(Comment.id) == late)).scalar_one()
    assert status.value == "held"


def test_approving_a_fold_approves_only_what_says_the_same(
    site: Site, cleo: Moderator, article: int, clock: Clock
) -> None:
    texts = [ADVERT, f"  {ADVERT.upper()}", f"{ADVERT}!"]
    ids = [
        send_comment(site, article, START, name=f"M {n}", email=f"m{n}@example.org", text=text)
        for n, text in enumerate(texts)
    ]
    fields = {**cleo.hidden(), "campaign": str(ids[0]), "equal_to": str(ids[0]), "verdict": "approve"}
    response = cleo.client.post("/moderation/batches/", data=fields, headers=cleo.headers)
    assert response.status_code == 303
    assert _statuses(site) == {"approved": 2, "held": 1}
    page = cleo.page(response.headers["Location"])
    assert "Carried out: 2 of" in page.text("p", data_carried_out="")
    undone = cleo.post(f"{response.headers['Location']}/undo", "/moderation/")
    assert undone.status_code == 303
    assert _statuses(site) == {"held": 3}


@pytest.mark.parametrize(
    ("path", "field"), [("/moderation/batches/", "note-matching"), ("/moderation/decisions", "note-ticked")]
)
def test_a_note_about_all_that_match_or_are_ticked_stands_beside_each(
    cleo: Moderator, sent: list[int], path: str, field: str
) -> None:
    queue = "/moderation/?words=many"
    assert [attrs["name"] for attrs, _ in cleo.page(queue).all("textarea", id=field)] == ["note"]
    fields = {**cleo.hidden(queue), "words": "many", "verdict": "reject", "note": "All from one school."}
    done = cleo.client.post(path, data={**fields, "comment": sent[:2]}, headers=cleo.headers)
    assert done.status_code == 303
    for comment in sent[:2]:
        assert "All from one school." in cleo.page(f"/moderation/log?comment={comment}").text("main")


def test_a_batch_about_everything_is_refused(cleo: Moderator, sent: list[int]) -> None:
    response = cleo.client.post(
        "/moderation/batches/", data={**cleo.hidden(), "verdict": "spam"}, headers=cleo.headers
    )
    assert response.status_code == 422
    assert cleo.page("/moderation/batches/").text("p", class_="empty")


def test_an_undo_stops_what_is_still_at_work(site: Site, article: int, sent: list[int]) -> None:
    batch_id = _begin(site, Filter(article=article))
    carry_on(site, batch_id, lambda: START, seconds=0)
    with site.database.reading() as session:
        batch = batch_status(session, batch_id)
    assert batch is not None
    undo_id = begin_undo(site, 1, batch, START + timedelta(minutes=1))
    assert carry_on(site, batch_id, lambda: START, seconds=60)
    assert carry_on(site, undo_id, lambda: START, seconds=60)
    assert _statuses(site) == {"held": MANY}


def test_a_text_that_has_gone_by_age_is_not_made_to_wait_again(
    site: Site, article: int, sent: list[int]
) -> None:
    batch_id = _begin(site, Filter(article=article))
    carry_on(site, batch_id, lambda: START, seconds=60)
    later = START + timedelta(days=4000)
    sweep(site, later)
    with site.database.reading() as session:
        batch = batch_status(session, batch_id)
    assert batch is not None
    assert carry_on(site, begin_undo(site, 1, batch, later), lambda: later, seconds=60)
    assert _statuses(site) == {"spam": MANY}


def test_a_batch_teaches_a_few_texts_and_the_same_ones_when_it_is_made_good_again(
    site: Site, article: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TAUGHT", 5)
    words = [[f"{letter * 3}{other * 2}" for other in "aeioumnrst"] for letter in "bcdfghkl"]
    sent = [send_comment(site, article, START, text=" ".join(some)) for some in words]
    monkeypatch.setattr(batches, "FIRST_PORTION", 3)
    batch_id = _begin(site, Filter(article=article))
    taught = []
    for _ in range(3):
        carry_on(site, batch_id, lambda: START, seconds=60)
        taught.append(_teaching(site))
        with site.database.reading() as session:
            batch = batch_status(session, batch_id)
        assert batch is not None
        batch_id = begin_undo(site, 1, batch, START)
    assert taught == [sent[:5], [], sent[:5]]


def _teaching(site: Site) -> list[int]:
    statement = sa.select(col(SpamLesson.comment_id)).order_by(col(SpamLesson.comment_id))
    with site.database.reading() as session:
        return list(session.execute(statement).scalars())
