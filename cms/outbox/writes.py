"""Putting letters into the outbox, taking them out, and noting what became of them.

Whoever changes a commenter and her letters changes the commenter first, so that two never wait in a circle.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.queries.answered import Answered, Wishing, answered, wishing
from cms.outbox.models import Commenter, Letter
from cms.outbox.queries import commenter, commenters
from cms.outbox.rules import KEPT_FOR, ROW_LEASE, UNDO_TIME, KnownCommenter, LetterKind, Wish, may_ask
from cms.storage.dialects import dialect_of, insert_into
from cms.vault import Vault, random_mark

# Any number of our own: who takes letters out, one at a time, so that no ceiling is passed.
OUTBOX_LOCK = 7_264_003


def put_to_address(
    session: Session, vault: Vault, kind: LetterKind, email: str, *, language: str, now: datetime
) -> None:
    """Put a letter to an address that somebody has just typed; whether it is known is looked up when it is sent."""
    mark = random_mark()
    session.add(
        Letter(
            kind=kind,
            mark=mark,
            email_sealed=vault.seal(email.strip(), table="letter", mark=mark),
            email_fingerprint=vault.fingerprint(email),
            language=language,
            created_at=now,
            due_at=now,
        )
    )
    session.flush()


def put_about_shown(session: Session, ids: Collection[int], now: datetime) -> None:
    """Put the letters that comments cause by appearing, each due after UNDO_TIME; at most three SELECTs.

    They go to those who wish to hear of replies, and to the comments' own writers who have not said yet whether they do.
    """
    answers, wishes = answered(session, ids), wishing(session, ids)
    if not answers and not wishes:
        return
    fingerprints = {one.email_fingerprint for one in answers} | {one.email_fingerprint for one in wishes}
    known = commenters(session, fingerprints)
    letters = [
        _letter(one, LetterKind.REPLY, now, reply_id=one.reply_id, thread_id=one.thread_id)
        for one in answers
        if (owner := known.get(one.email_fingerprint)) is not None and owner.wish is Wish.YES
    ] + [
        _letter(wish, LetterKind.OPT_IN, now)
        for wish in wishes
        if may_ask(known.get(wish.email_fingerprint), now)
    ]
    if letters:  # unless there is one like it
        session.execute(insert_into(session, Letter).on_conflict_do_nothing(), letters)


def put_to_confirm(
    session: Session, comment_id: int, email_fingerprint: str, *, language: str, now: datetime
) -> None:
    """Put the letter that lets the writer of a comment confirm it; whether she may is looked up when it is sent."""
    _put_at_once(session, LetterKind.CONFIRM, email_fingerprint, language, now, comment_id=comment_id)


def put_digest(
    session: Session, staff_id: int, email_fingerprint: str, *, language: str, now: datetime
) -> None:
    """Put a moderator's daily letter; what it says is looked up when it is sent."""
    _put_at_once(session, LetterKind.DIGEST, email_fingerprint, language, now, staff_id=staff_id)


def send_to_staff(session: Session, letter_id: int, staff_id: int) -> None:
    """Let a letter go to the address of someone of staff instead of one that is merely compared as if it were that."""
    _change(session, [letter_id], staff_id=staff_id, email_sealed=None)


def drop_unproved(session: Session) -> None:
    """Take away, in one statement, what would ask owners of unproved addresses to confirm: a flood leaves no queue."""
    is_proved = sa.exists().where(
        col(Commenter.fingerprint) == col(Letter.email_fingerprint), col(Commenter.proved_at).is_not(None)
    )
    session.execute(
        sa.delete(Letter).where(
            col(Letter.kind) == LetterKind.CONFIRM,
            col(Letter.ended_at).is_(None),
            col(Letter.leased_until).is_(None),
            sa.not_(is_proved),
        ),
        execution_options={"synchronize_session": False},
    )


def hold(session: Session) -> None:
    """Let nobody else take letters out until this transaction ends; on SQLite every writer holds the whole database."""
    if dialect_of(session) == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": OUTBOX_LOCK})


def lease(session: Session, ids: Collection[int], now: datetime) -> None:
    """Take letters for ROW_LEASE, and count the attempt."""
    _change(session, ids, leased_until=now + ROW_LEASE, attempts=col(Letter.attempts) + 1)


def release(session: Session, ids: Collection[int]) -> None:
    """Give letters back as they were, since it was not for them that nothing could be sent."""
    _change(session, ids, leased_until=None, attempts=col(Letter.attempts) - 1)


def put_off(session: Session, ids: Collection[int], until: datetime) -> None:
    """Give letters back to be tried again at `until`."""
    _change(session, ids, leased_until=None, due_at=until)


def end(session: Session, ids: Collection[int], now: datetime, *, sent: int | None) -> None:
    """Note that letters are over, and drop their addresses; `sent` is the one of them that left, if any did."""
    _change(session, ids, leased_until=None, ended_at=now, email_sealed=None)
    if sent is not None:
        _change(session, [sent], sent_at=now)


def drop(session: Session, ids: Collection[int]) -> None:
    """Take letters away that turned out to have nothing to say."""
    session.execute(sa.delete(Letter).where(col(Letter.id).in_(ids)))


def sweep(session: Session, now: datetime) -> None:
    """Take away what is left of letters that ended KEPT_FOR ago."""
    session.execute(sa.delete(Letter).where(col(Letter.ended_at) < now - KEPT_FOR))


def know(session: Session, fingerprint: str, now: datetime) -> KnownCommenter:
    """Return what is known of the owner of an address, noted down first where nothing is."""
    row = Commenter(fingerprint=fingerprint, mark=random_mark(), created_at=now)
    noted = insert_into(session, Commenter).values(**row.model_dump())
    session.execute(noted.on_conflict_do_nothing())
    known = commenter(session, fingerprint)
    if known is None:  # just noted, or there before
        raise RuntimeError("a commenter was not noted")
    return known


def prove(session: Session, fingerprint: str, now: datetime) -> None:
    """Note that somebody has shown, by a button behind a link that only a letter held, that an address is hers."""
    know(session, fingerprint, now)
    session.execute(
        sa.update(Commenter)
        .where(col(Commenter.fingerprint) == fingerprint, col(Commenter.proved_at).is_(None))
        .values(proved_at=now)
    )


def note_asked(session: Session, fingerprint: str, now: datetime) -> None:
    """Note that a letter has asked the owner of an address for her wish."""
    session.execute(
        sa.update(Commenter)
        .where(col(Commenter.fingerprint) == fingerprint)
        .values(asked=col(Commenter.asked) + 1, asked_at=now)
    )


def answer(session: Session, mark: str, wish: Wish, now: datetime) -> None:
    """Note what the owner of an address says to letters about replies; a yes proves the address.

    With a no, the letters that wait for her go at once.
    """
    hers = sa.select(col(Commenter.fingerprint)).where(col(Commenter.mark) == mark).scalar_subquery()
    session.execute(
        sa.update(Commenter)
        .where(col(Commenter.mark) == mark)
        .values(
            wish=wish,
            answered_at=now,
            asked=0,
            proved_at=sa.func.coalesce(col(Commenter.proved_at), now if wish is Wish.YES else None),
        )
    )
    if wish is Wish.NO:
        session.execute(
            sa.delete(Letter).where(
                col(Letter.email_fingerprint) == hers,
                col(Letter.kind).in_([LetterKind.OPT_IN, LetterKind.REPLY, LetterKind.CONFIRM]),
                col(Letter.ended_at).is_(None),
            )
        )


def forget_commenter(session: Session, fingerprint: str) -> None:
    """Take away what is known of the owner of an address, and the letters to it."""
    session.execute(sa.delete(Commenter).where(col(Commenter.fingerprint) == fingerprint))
    session.execute(sa.delete(Letter).where(col(Letter.email_fingerprint) == fingerprint))


# Any: columns of many kinds
def _letter(
    about: Answered | Wishing,
    kind: LetterKind,
    now: datetime,
    *,
    reply_id: int | None = None,
    thread_id: int | None = None,
) -> dict[str, Any]:
    """Return the row of a letter to the writer of a comment."""
    letter = Letter(
        kind=kind,
        mark=random_mark(),
        email_fingerprint=about.email_fingerprint,
        language=about.language,
        comment_id=about.comment_id,
        created_at=now,
        due_at=now + UNDO_TIME,
        reply_id=reply_id,
        thread_id=thread_id,
    )
    return letter.model_dump(exclude={"id"})


def _change(session: Session, ids: Collection[int], **values: object) -> None:
    session.execute(sa.update(Letter).where(col(Letter.id).in_(ids)).values(**values))


def _put_at_once(
    session: Session,
    kind: LetterKind,
    email_fingerprint: str,
    language: str,
    now: datetime,
    *,
    comment_id: int | None = None,
    staff_id: int | None = None,
) -> None:
    letter = Letter(
        kind=kind,
        mark=random_mark(),
        email_fingerprint=email_fingerprint,
        language=language,
        comment_id=comment_id,
        staff_id=staff_id,
        created_at=now,
        due_at=now,
    )
    session.add(letter)
    session.flush()
