"""What was erased is nowhere any more, and stays away; what was kept long enough goes."""

import io
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col, select

from cms.comments.actions.editing import Edit, edit
from cms.comments.models import Comment, CommentVersion, HoldReason, LikenessBand
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.queries.log import Wanted, log_page
from cms.moderation.rules import EntryKind, Verdict
from cms.privacy import journal
from cms.privacy.actions import erasing
from cms.privacy.actions.erasing import erase_address, erase_comments, replay, scrub_files
from cms.privacy.actions.sweeping import sweep, would_sweep
from cms.site import Site
from tests.comments.stored import deeds, only, stored
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Reader

pytestmark = pytest.mark.both_engines

FOR_EVER = 10**9
TEXT, NAME = "The heron stood on the ninth bollard.", "Dan of the bollards"


@pytest.fixture
def comment(site: Site) -> int:
    """Give a published comment that was changed once while it waited."""
    write_article(site, "The ferry", START)
    made = send_comment(site, 1, START, text=f"{TEXT} Or the tenth.", name=NAME)
    edit(site, made, Edit(NAME, TEXT, True, Visitor()), START)
    decide(site, hire(site, "Cleo", START), [made], Verdict.APPROVE, "", FOR_EVER, START)
    return made


def _raw(site: Site) -> bytes:
    return b"".join(path.read_bytes() for path in site.settings.instance.glob("broadsheet.db*"))


def test_an_erased_comment_leaves_nothing_but_its_place(app: Flask, site: Site, comment: int) -> None:
    send_comment(site, 1, START, parent_id=comment, root_id=comment, text="An answer.", email="e@example.org")
    fingerprint = only_first(site).email_fingerprint or ""
    sealed = only_first(site).email_sealed or ""
    assert erase_address(site, fingerprint, START) == 1
    gone = only_first(site)
    assert (gone.name, gone.body_text, gone.body_html, gone.email_sealed, gone.email_fingerprint) == (
        "",
        "",
        "",
        None,
        None,
    )
    assert deeds(site, comment)[-1] == "erased"
    assert TEXT not in Reader(app).get("/articles/the-ferry").text
    with site.database.reading() as session:
        assert not session.exec(select(CommentVersion)).all()
        assert not session.exec(select(HoldReason).where(col(HoldReason.comment_id) == comment)).all()
    if site.database.is_sqlite:
        raw = _raw(site)
        for words in ("ninth bollard", "tenth", NAME, fingerprint, sealed[-40:]):
            assert words.encode() not in raw, words
    assert erase_address(site, fingerprint, START) == 0


@ON_SQLITE
def test_words_of_the_erased_are_merged_away_in_many_short_transactions(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_article(site, "The ferry", START)
    for number in range(30):
        text = " ".join(f"plank{number}x{word}" for word in range(300))
        send_comment(site, 1, START, text=text, email="w@example.org")
    gone = send_comment(site, 1, START, text="Bollardissimo")
    fingerprint = next(one.email_fingerprint for one in stored(site) if one.id == gone)
    assert b"bollardissimo" in _raw(site)
    begun: list[sa.Connection] = []
    sa.event.listen(site.database.writer, "begin", begun.append)
    monkeypatch.setattr(erasing, "MERGED_AT_ONCE", 1)
    monkeypatch.setattr(erasing, "SCRUB_SECONDS", 60)
    erase_address(site, fingerprint or "", START)
    assert len(begun) > 8
    assert b"ollardissimo" not in _raw(site)
    assert b"plank7x" in _raw(site)


@ON_SQLITE
def test_whoever_reads_at_length_keeps_nobody_from_writing_while_the_wal_is_cut(
    site: Site, comment: int
) -> None:
    with site.database.reading() as session, ThreadPoolExecutor(1) as beside:
        session.execute(sa.text("SELECT count(*) FROM comment"))
        send_comment(site, 1, START, text="Another.", email="w@example.org")
        cutting = beside.submit(scrub_files, site)
        waited = 0.0
        while not cutting.done():
            began = time.monotonic()
            with site.database.writing() as writing:
                writing.execute(sa.text("UPDATE article SET title = title"))
                writing.commit()
            waited = max(waited, time.monotonic() - began)
            time.sleep(0.01)
        cutting.result()
    assert waited < 2  # of the five seconds for which a writer would have held the lock


@pytest.mark.both_engines
def test_the_fingerprint_of_a_text_goes_with_the_last_comment_that_bears_it(site: Site) -> None:
    write_article(site, "The ferry", START)
    texts = ["The tide comes in twice a day.", "Nobody on the quay minds it much."]
    for email in ("dan@example.org", "eve@example.org"):
        for text in texts:
            send_comment(site, 1, START, text=text, email=email)
    borne = {one.likeness for one in stored(site)}
    assert min(borne) < 0 < max(borne)
    dan, eve = dict.fromkeys(one.email_fingerprint or "" for one in stored(site))
    for writer, left in ((dan, borne), (eve, set())):
        erase_address(site, writer, START)
        with site.database.reading() as session:
            assert set(session.exec(select(col(LikenessBand.likeness)))) == left
    assert {one.facts for one in stored(site)} == {None}


def only_first(site: Site) -> Comment:
    return stored(site)[0]


def test_what_a_backup_brings_back_is_erased_again_at_the_next_start(site: Site, comment: int) -> None:
    erase_comments(site, [comment], START)
    with site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE comment SET erased_at = NULL, body_text = 'restored'")
        session.commit()
    assert replay(site, START) == 1
    assert only_first(site).body_text == ""
    assert replay(site, START) == 0


def test_a_number_that_belongs_to_a_new_comment_since_is_left_alone(site: Site, comment: int) -> None:
    journal.append(site.settings.keys_folder, {comment: "the mark of another row"})
    assert replay(site, START) == 0
    assert only(site).body_text == TEXT


def test_retention_takes_each_kind_at_its_time_and_no_sooner(site: Site, comment: int) -> None:
    refused = send_comment(
        site, 1, START, text="Buy my boats.", visitor=Visitor("mark"), email="m@example.org"
    )
    held = send_comment(site, 1, START, text="I wait.", email="w@example.org")
    outcome = decide(site, 1, [refused], Verdict.SPAM, "", FOR_EVER, START)
    assert isinstance(outcome, Outcome)
    assert sum(sweep(site, START + timedelta(hours=1)).values()) == 0
    later = START + timedelta(days=31)
    assert would_sweep(site, later) | {"salts": 0} == {
        "texts": 1,
        "addresses": 0,
        "fingerprints": 0,
        "network_marks": 1,
        "salts": 0,
        "links": 0,
        "notes": 0,
    }
    sweep(site, later)
    assert [row.body_text for row in stored(site)] == [TEXT, "", "I wait."]
    assert undo(site, 1, outcome.decided, later) == NotHere(outcome.decided)
    assert decide(site, 1, [refused], Verdict.APPROVE, "", FOR_EVER, later) == Outcome(refused=(refused,))
    sweep(site, START + timedelta(days=181))
    assert [row.email_sealed is None for row in stored(site)] == [True, True, False]
    assert all(row.email_fingerprint for row in stored(site))
    sweep(site, START + timedelta(days=180 + 731))
    assert [row.email_fingerprint is None for row in stored(site)] == [True, True, False]
    assert stored(site)[2].id == held


def test_staff_can_show_and_erase_by_an_address_from_standard_input(
    site: Site, comment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from cms.cli import main

    monkeypatch.setenv("CMS_INSTANCE", str(site.settings.instance))
    monkeypatch.setenv("CMS_DATABASE_URL", site.settings.database_url)

    def run(*words: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, ["privacy", *words], input="Dan@example.org\n")
        return answer.exit_code, answer.stdout

    status, told = run("access", "--email-stdin", "--json")
    kept = json.load(io.StringIO(told))
    assert (status, kept["comments"][0]["text"], len(kept["earlier_texts"])) == (0, TEXT, 1)
    assert run("erase", "--email-stdin")[0] == 0
    with site.database.reading() as session:
        last = log_page(session, Wanted(), after=None, size=1).rows[0]
    assert (last.deed, last.actor) == (EntryKind.ERASED, "operator")
    assert run("access", "--email-stdin")[0] == 1
    assert run("access")[0] == 2
    assert run("sweep", "--dry-run")[0] == 0


def test_an_erasure_takes_the_commenter_first_as_her_letters_links_do(site: Site) -> None:
    """Who opens a link changes the commenter, then the letters or the door: in another order two would wait in a circle."""
    taken = []

    def note(*heard: Any) -> None:
        taken.extend(re.findall(r"^DELETE FROM (commenter|letter|my_comments_link)\b", heard[2]))

    sa.event.listen(site.database.writer, "before_cursor_execute", note)
    erase_address(site, "f" * 64, START)
    sa.event.remove(site.database.writer, "before_cursor_execute", note)
    assert sorted(taken) == ["commenter", "letter", "my_comments_link"]
    assert taken[0] == "commenter"
