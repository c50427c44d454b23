"""Broadsheet, an article publishing CMS whose readers can answer back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from cms.config import Settings
    from cms.jobs import Job
    from cms.site import Site


def now_utc() -> datetime:
    """Return the present moment, aware and in UTC; the one clock of a running site."""
    return datetime.now(UTC)


def open_site(settings: "Settings") -> "Site":
    """Return the site of `settings`: its database at the newest schema, its keys, its sentences."""
    from pathlib import Path

    from cms import assets, config, db, languages, site
    from cms.pages.folder import BAKED, Folder
    from cms.privacy.actions import erasing
    from cms.privacy.actions import keys as privacy

    if not settings.database_url:
        db.migrate(settings)
    database = db.open_database(settings)
    if settings.bake_folder:
        database.beside[BAKED] = Folder(Path(settings.bake_folder))
    keyring = privacy.open_keys(database, settings, now_utc())
    opened = site.Site(
        settings=settings,
        database=database,
        keyring=keyring,
        catalogue=languages.open_catalogue(),
        assets=assets.open_assets(config.shipped("static")),
    )
    erasing.replay(opened, now_utc())
    return opened


def create_app(site: "Site", clock: Callable[[], datetime] = now_utc) -> "Flask":
    """Wire the application: every blueprint and guard on one screen."""
    from cms import config, web
    from cms.accounts import guard
    from cms.accounts.views.signing_in import blueprint as accounts
    from cms.accounts.views.staff import blueprint as staff
    from cms.answering import error_pages, shown
    from cms.answering.application import SiteFlask
    from cms.articles.feeds import blueprint as feeds
    from cms.articles.views.reading import blueprint as articles
    from cms.articles.views.search import blueprint as search
    from cms.comments.views import blocks, receipts, submitting, tokens
    from cms.desk.views.room import blueprint as desk
    from cms.moderation.views.room import blueprint as moderation
    from cms.outbox.views import ONE_CLICK
    from cms.outbox.views import blueprint as letters
    from cms.privacy.views import kept, mine, my_comments
    from cms.reports import views as reporting

    app = SiteFlask("cms", static_folder=None, template_folder=str(config.shipped("templates")))
    app.extensions["site"] = site
    app.config.update(
        CLOCK=clock,
        SESSION_COOKIE_NAME="staff",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=site.settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # an author's afternoon is longer than any limit
        MAX_CONTENT_LENGTH=site.settings.desk_max_bytes,
        MAX_FORM_MEMORY_SIZE=site.settings.desk_max_bytes,
        MAX_FORM_PARTS=2000,
    )
    web.install(
        app,
        refuses_itself=submitting.REFUSES_ITSELF
        | receipts.REFUSES_ITSELF
        | reporting.REFUSES_ITSELF
        | ONE_CLICK,
    )
    shown.install(app)
    error_pages.install(app)
    guard.install(app)
    blocks.install(app)
    comments = (submitting.blueprint, receipts.blueprint, tokens.blueprint, reporting.blueprint)
    privacy = (kept.blueprint, my_comments.blueprint, mine.blueprint)
    rooms = (accounts, moderation, desk, staff)
    for blueprint in (articles, search, feeds, *comments, letters, *rooms, *privacy):
        app.register_blueprint(blueprint)
    return app


def timed_jobs() -> "tuple[Job, ...]":
    """List what the site does by its own clock, whoever comes: every feature's jobs on one screen."""
    from cms.comments.actions import catching_up, fitting
    from cms.moderation.actions import batches, counting, digests
    from cms.outbox.actions import sending, sweeping
    from cms.pages import actions as pages
    from cms.privacy.actions import sweeping as retention

    comments = (fitting.JOB, catching_up.JOB)
    moderation = (batches.JOB, counting.JOB, digests.JOB)
    return (sending.JOB, sweeping.JOB, *comments, retention.JOB, *moderation, pages.JOB)
