"""Telling a CDN which of the pages that it keeps are no longer so."""

import json
import urllib.request
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlmodel import Session

from cms.jobs import Job
from cms.pages import rules as things
from cms.pages.queries import Told, came_out_between, changed_since_told
from cms.pages.writes import note_told
from cms.site import Site

TIMEOUT_SECONDS = 10
TAGS_AT_ONCE = 30  # Cloudflare takes no more in one call
TAGS_MAX = 300  # beyond it the whole site is said to have changed, which is one tag
LOOK_BACK = timedelta(minutes=10)  # for what came out by its time, where this process has not looked yet


class PurgeRefused(Exception):
    """The CDN did not take what it was told; it is told again."""


def is_wanted(site: Site, now: datetime) -> bool:
    """Tell whether there is a CDN that has something to be told; two SELECTs."""
    if not site.settings.purge_url:
        return False
    with site.database.reading() as session:
        return bool(_told(site, session, now).things)


def purge(site: Site, now: datetime) -> None:
    """Tell the CDN which things have changed; what it was told is noted after it has said yes.

    Raises PurgeRefused, or OSError where nobody answers.
    """
    with site.database.reading() as session:
        told = _told(site, session, now)
    tags = sorted(told.things) if len(told.things) <= TAGS_MAX else [things.SITE]
    for start in range(0, len(tags), TAGS_AT_ONCE):
        _post(site, tags[start : start + TAGS_AT_ONCE])
    with site.database.writing() as session:
        note_told(session, told.number)
        session.commit()
    site.remembered.looked_for_publications_at = now


def _told(site: Site, session: Session, now: datetime) -> Told:
    """Return what has changed; an article that comes out by its time changes lists all over the site."""
    found = changed_since_told(session, TAGS_MAX + 1)
    since = site.remembered.looked_for_publications_at or now - LOOK_BACK
    if came_out_between(session, since, now):
        return Told(found.number, found.things | {things.SITE})
    return found


def _post(site: Site, tags: Iterable[str]) -> None:
    """Send one call that Fastly, Cloudflare and Varnish's xkey each find their own way of saying it in."""
    name, _, value = site.settings.purge_header.partition(":")
    request = urllib.request.Request(  # noqa: S310  # the operator's own http(s) address
        site.settings.purge_url,
        data=json.dumps({"tags": list(tags)}).encode(),
        headers={
            "Content-Type": "application/json",
            "Surrogate-Key": " ".join(tags),
            "Cache-Tag": ",".join(tags),
            **({name.strip(): value.strip()} if value else {}),
        },
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # as above
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise PurgeRefused(f"the CDN answered {answer.status}")


JOB = Job("purge", timedelta(seconds=2), purge, is_wanted)
