"""Deleting what has been kept as long as the settings allow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from cms.comments.writes import forgetting
from cms.jobs import Job
from cms.moderation.writes.policies import forget_whom_ended_ones_met
from cms.moderation.writes.staff import forget_notes_about_nobody, forget_notes_before
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.privacy import writes
from cms.privacy.actions.erasing import scrub_files
from cms.privacy.queries import personal
from cms.privacy.queries.personal import Overdue
from cms.reports import writes as reports
from cms.site import Site

AT_ONCE = 200  # comments in one transaction; the writer is free again within a moment


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which comments are due, and the write that forgets something of them."""

    overdue: Overdue
    forget: Callable[[Session, Sequence[int]], None]


def sweep(site: Site, now: datetime) -> dict[str, int]:
    """Delete what is due, in small transactions; return how many of each kind."""
    done = {kind: _sweep(site, rule) for kind, rule in _rules(site, now).items()}
    with site.database.writing() as session:
        done["salts"] = personal.count_past_salts(session, now)
        done["links"] = personal.count_ended_links(session, now)
        done["notes"] = personal.count_old_notes(session, _forgotten(site, now))
        writes.forget_salts(session, now)
        writes.forget_ended_links(session, now)
        forget_notes_before(session, _forgotten(site, now))
        forget_whom_ended_ones_met(session, now)
        reports.forget_marks_before(session, _midnight(now))
        reports.forget_settled_before(session, _forgotten(site, now))
        session.commit()
    if any(done.values()):
        scrub_files(site)
    return done


def would_sweep(site: Site, now: datetime) -> dict[str, int]:
    """Return how many of each kind a sweep would delete."""
    with site.database.reading() as session:
        found = {kind: rule.overdue.count(session) for kind, rule in _rules(site, now).items()}
        return found | {
            "salts": personal.count_past_salts(session, now),
            "links": personal.count_ended_links(session, now),
            "notes": personal.count_old_notes(session, _forgotten(site, now)),
        }


def _rules(site: Site, now: datetime) -> dict[str, _Rule]:
    here = site.settings
    forgotten = _forgotten(site, now)

    def take_texts(session: Session, ids: Sequence[int]) -> None:
        forgetting.empty_comments(session, ids, now)
        bump(session, map(things.article, personal.articles_of(session, ids)))

    def take_fingerprints(session: Session, ids: Sequence[int]) -> None:
        forgetting.forget_fingerprints(session, ids)
        forget_notes_about_nobody(session)

    return {
        "texts": _Rule(
            personal.refused_before(now - timedelta(days=here.forget_refused_texts_days)), take_texts
        ),
        "addresses": _Rule(personal.sealed_before(forgotten), forgetting.forget_addresses),
        "fingerprints": _Rule(
            personal.fingerprints_before(forgotten - timedelta(days=here.forget_fingerprints_days)),
            take_fingerprints,
        ),
        "network_marks": _Rule(personal.marked_before(_midnight(now)), forgetting.forget_network_marks),
    }


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _forgotten(site: Site, now: datetime) -> datetime:
    """Return the moment before which addresses, and the notes of staff, are forgotten."""
    return now - timedelta(days=site.settings.forget_addresses_days)


def _sweep(site: Site, rule: _Rule) -> int:
    swept = 0
    while True:
        with site.database.writing() as session:
            ids = rule.overdue.ids(session, AT_ONCE)
            if not ids:
                return swept
            rule.forget(session, ids)
            session.commit()
        swept += len(ids)


JOB = Job("retention", timedelta(hours=1), sweep)
