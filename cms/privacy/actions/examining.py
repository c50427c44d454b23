"""The checks of `cms doctor`."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DatabaseError

from cms import db
from cms.articles.queries.pictures import newest_pictures
from cms.config import Settings
from cms.db import Database
from cms.keys.keyring import Held, KeyState, KnownKey, held
from cms.keys.sources import KeySource, open_source
from cms.limits.queries import proxy_is_missing
from cms.moderation.queries.counts import counts_are_true
from cms.outbox.actions.examining import mail_findings
from cms.outbox.queries import count_stale
from cms.privacy import writes
from cms.privacy.actions.workers import PRESUMED_ENDED_AFTER
from cms.privacy.queries.health import has_planner_statistics
from cms.privacy.queries.keys import LiveWorker, known_keys, live_workers
from cms.privacy.queries.sealed import count_under_others
from cms.storage.outages import for_operator
from cms.vault import Key, KeyRefused

# Those of the newest articles: a host that does not share the folder of pictures lacks them first.
PICTURES_LOOKED_FOR = 200
ROOM_LEAST_BYTES = 200_000_000  # the search index of a large import, or some days of a busy site
GO_ON = "Run `cms privacy rotate-key` to go on."


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, with what to do where it is not well."""

    is_well: bool
    sentence: str


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Check a site and return the findings."""
    database = db.open_database(settings)
    try:
        if database.is_sqlite:
            db.migrate(settings)
        if not db.is_current(database):
            return [Finding(False, "The database is not at the newest schema. Run `cms migrate`.")]
        of_keys = list(_key_findings(database, open_source(settings), now))
        with database.reading() as session:
            lacks_proxy = proxy_is_missing(session, settings.trusted_proxies, now=now)
            stale = count_stale(session, now)
            pictures = newest_pictures(session, PICTURES_LOOKED_FOR)
            is_counted = counts_are_true(session)
            has_statistics = has_planner_statistics(session)
        with database.writing() as session:
            writes.try_to_write(session)
    except DatabaseError as error:
        return [Finding(False, for_operator(error))]
    finally:
        database.close()
    return [
        Finding(True, "The database answers and is at the newest schema."),
        _room_finding(settings),
        _counts_finding(is_counted),
        *_statistics_findings(has_statistics),
        *of_keys,
        _address_finding(settings),
        _limits_finding(settings),
        _proxy_finding(settings, lacks_proxy),
        *_picture_findings(settings, pictures),
        *(Finding(is_well, sentence) for is_well, sentence in mail_findings(settings, stale)),
    ]


def _room_finding(settings: Settings) -> Finding:
    left = shutil.disk_usage(settings.instance).free
    if left >= ROOM_LEAST_BYTES:
        return Finding(True, "The disk has room.")
    return Finding(
        False,
        f"The disk that holds {settings.instance} has {left // 1_000_000} MB left. Make room: on a full one nothing is stored.",
    )


def _counts_finding(is_counted: bool) -> Finding:
    if is_counted:
        return Finding(True, "The queue's numbers are those of its comments.")
    return Finding(False, "The queue's numbers are wrong. Run `cms comments recount`.")


def _statistics_findings(has_statistics: bool) -> Iterator[Finding]:
    if not has_statistics:
        yield Finding(
            False,
            "PostgreSQL has not looked at what its tables hold, so pages take many times as long. Run ANALYZE in"
            " the database, and let its autovacuum be on.",
        )


def _key_findings(database: Database, source: KeySource, now: datetime) -> Iterator[Finding]:
    with database.reading() as session:
        known = known_keys(session)
        workers = live_workers(session, now - PRESUMED_ENDED_AFTER)
    try:
        keys = source.read([key.id for key in known])
    except KeyRefused as error:
        yield Finding(False, str(error))
        return
    if not known:
        yield Finding(True, "No key was made yet; the first start makes it.")
        return
    here = held(known, keys)
    yield _missing_finding(here, source)
    yield from _unused_key_findings(known, keys, source)
    if here.vault is not None:
        yield from _rotation_findings(database, known, here.vault.current)
    yield from _worker_findings(known, workers)


def _missing_finding(here: Held, source: KeySource) -> Finding:
    if here.missing:
        lost = (
            f"The key {', '.join(here.missing)} is missing. Restore it from your backup into {source.title};"
        )
        return Finding(
            False,
            f"{lost} the site serves reading only until then. Lost for ever: `cms privacy new-key`.",
        )
    return Finding(True, "Every key that the database knows is here, and nobody else can read it.")


def _unused_key_findings(
    known: tuple[KnownKey, ...], keys: Mapping[str, Key], source: KeySource
) -> Iterator[Finding]:
    spare = sorted(set(keys) - {key.id for key in known})
    if spare:
        names = ", ".join(spare)
        yield Finding(
            True,
            f"{source.title} also has {names}, which nothing here is sealed under: old, or of another site.",
        )


def _rotation_findings(database: Database, known: tuple[KnownKey, ...], sealing: str) -> Iterator[Finding]:
    states = {key.state: key.id for key in known}
    with database.reading() as session:
        under_others = count_under_others(session, sealing)
    if KeyState.JOINING in states:
        yield Finding(False, f"The key {states[KeyState.JOINING]} was made and does not seal yet. {GO_ON}")
    elif KeyState.LEAVING in states:
        old = states[KeyState.LEAVING]
        yield Finding(
            False,
            f"The key {old} is being replaced: {under_others:,} values are still under it or others. {GO_ON}",
        )
    elif KeyState.GONE in states:
        yield Finding(False, f"The key {states[KeyState.GONE]} is replaced; its file is to go. {GO_ON}")
    elif under_others:
        yield Finding(False, f"{under_others:,} values are sealed under keys that are not known any more.")


def _worker_findings(known: tuple[KnownKey, ...], workers: list[LiveWorker]) -> Iterator[Finding]:
    for worker in workers:
        missing = [key.id for key in known if key.state is not KeyState.GONE and key.id not in worker.holds]
        sealing = [key.id for key in known if key.state is KeyState.SEALING]
        if missing:
            share = "Let it have the same keys as this one."
            yield Finding(False, f"{worker.place} does not have the key {', '.join(missing)}. {share}")
        elif worker.seals_with not in sealing:
            yield Finding(False, f"{worker.place} has not yet taken the key {', '.join(sealing)}.")


def _picture_findings(settings: Settings, pictures: list[str]) -> Iterator[Finding]:
    lacking = sum(not (settings.media_folder / name).is_file() for name in pictures)
    if lacking:
        yield Finding(
            False,
            f"{lacking} of {len(pictures)} pictures of the newest articles are not in {settings.media_folder}."
            " Bring them back; several hosts have to share that folder.",
        )
    elif pictures:
        yield Finding(True, f"The pictures of the newest articles are in {settings.media_folder}.")


def _address_finding(settings: Settings) -> Finding:
    if settings.base_url == Settings.base_url_default():
        return Finding(True, "base_url is not set: fine on this machine, to be set before readers come.")
    if not settings.secure_cookies:
        return Finding(
            True, f"base_url is {settings.base_url}: staff passwords travel unencrypted without https."
        )
    return Finding(True, f"base_url is {settings.base_url}.")


def _limits_finding(settings: Settings) -> Finding:
    if settings.rate_limits:
        return Finding(True, "Rate limits are on.")
    return Finding(False, "Rate limits are off. Take CMS_RATE_LIMITS=off away before readers come.")


def _proxy_finding(settings: Settings, lacks_proxy: bool) -> Finding:
    if not lacks_proxy:
        return Finding(True, f"trusted_proxies is {settings.trusted_proxies}, and no comment contradicts it.")
    return Finding(
        False,
        f"trusted_proxies is {settings.trusted_proxies}, but nearly all comments come from one network, so limits"
        " per network are off. Set it to the number of proxies in front, each of which adds X-Forwarded-For.",
    )
