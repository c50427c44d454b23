"""Where a reader's comment arrives."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import unquote

from flask import Blueprint, Response, abort, render_template
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from cms import logs, sanitize
from cms.answering.current import notes, this_request
from cms.articles.models import ArticleKind
from cms.articles.queries.commented import CommentedArticle, commented_article
from cms.articles.queries.former import address_now
from cms.articles.rules import address_of, former_address
from cms.comments.actions.preparing import Plan, Repeat, Submission, TooMany, planned, too_many
from cms.comments.actions.submitting import CommentPromise, store
from cms.comments.forms import CommentForm
from cms.comments.queries.thread import visible_comment
from cms.comments.queries.visible import VisibleComment
from cms.comments.rules import closes_at, paused_until, receipt_address
from cms.comments.views.keeping import SENTENCES, keep_words, received
from cms.limits.actions import visitor
from cms.limits.rules import Visitor
from cms.moderation.pauses import FOR_EVER
from cms.pages import rules as things
from cms.serving.batches import BATCH, RequestBatch
from cms.text.numbers import number_or_0
from cms.web import Origin, clock, language, origin, private_page, say, say_minutes, see_other, site, speak

blueprint = Blueprint("comments", __name__)
blueprint.register_error_handler(HTTPException, keep_words)
REFUSES_ITSELF = frozenset({"comments.submit", "comments.submit_to_page"})
# What proxies say of whom they speak for.
FORWARDED = frozenset({"HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"})


@blueprint.post("/articles/<slug>/comments")
def submit(slug: str) -> Response:
    """Take a comment on an article."""
    return _submit(ArticleKind.ARTICLE, slug)


@blueprint.post("/pages/<slug>/comments", endpoint="submit_to_page")
def submit_to_page(slug: str) -> Response:
    """Take a comment on a static page."""
    return _submit(ArticleKind.PAGE, slug)


@blueprint.get("/<any(articles, pages):folder>/<slug>/comments")
def form_to_send(folder: str, slug: str) -> Response:
    """Lead whoever opens the address that takes comments, as a tab that is restored does, to the form."""
    return see_other(f"{address_of(folder.removesuffix('s'), slug)}#reply")


@dataclass(frozen=True, slots=True)
class _Storable:
    """A comment with which nothing is wrong, planned but not stored yet."""

    article: CommentedArticle
    form: CommentForm
    plan: Plan | Repeat


def _submit(kind: ArticleKind, slug: str) -> Response:
    """Take a comment: one transaction reads, and has ended before an answer is written; another one stores."""
    fields, broken = received()
    here = site()
    batch: RequestBatch | None = this_request().environ.get(BATCH)
    with batch.reading() if batch else here.database.reading_in_turn() as session:
        found = _checked(session, kind, slug, fields, broken)
    if not isinstance(found, _Storable):
        return found()
    if batch and isinstance(found.plan, Plan):
        batch.promises.append(CommentPromise(here, found.plan, clock()))
        return see_other(receipt_address(found.plan.prepared.receipt))
    outcome = store(here, found.plan, clock())
    if isinstance(outcome, TooMany):
        return _wait(found.article, found.form, outcome)
    return see_other(receipt_address(outcome))


def _checked(
    session: Session, kind: ArticleKind, slug: str, fields: MultiDict[str, str], broken: int | None
) -> _Storable | Callable[[], Response]:
    """Return a comment that can be stored, or else a function that makes the answer."""
    here, now = site(), clock()
    article = _article(session, kind, slug, now)
    if article is None or article.is_retracted:
        abort(404 if article is None else 410)
    speak(article.language)
    form = CommentForm(formdata=fields, meta={"subject": things.article(article.id)})
    refusal = _refusal(article, broken)
    if refusal is not None:
        return partial(_answer, article, form, *refusal)
    sent = _submission(article, form)
    if (waiting := too_many(here, session, sent, now)) is not None:
        return partial(_wait, article, form, waiting)
    parent = _parent(session, article, form)
    valid = form.validate()
    if form.reply_to.data and parent is None:
        form.reply_to.data = ""
        gone = say("The comment that you answered is no longer here. Yours would now stand by itself.")
        return partial(_answer, article, form, 422, gone)
    if not valid:
        return partial(_answer, article, form, 422, "", parent)
    if "preview" in fields:
        return partial(_answer, article, form, 200, "", parent)
    if parent is not None:
        sent = dataclasses.replace(sent, parent_id=parent.id, root_id=parent.root_id)
    return _Storable(article, form, planned(here, session, sent, now))


def _refusal(article: CommentedArticle, broken: int | None) -> tuple[int, str] | None:
    """Return status and sentence for what cannot be taken whatever its fields say, or None."""
    if site().vault_or_none is None:
        logs.write_missing_key()
        return 503, say("The articles can be read, but nothing can be sent just now. Please try again later.")
    if origin() is Origin.FOREIGN:
        return 403, say("This form was sent from another site. Please send it from here.")
    if broken is not None:
        return broken, say(SENTENCES[broken])
    now = clock()
    paused = paused_until(article.comments_paused_until, now)
    if paused is not None and paused < FOR_EVER and _takes_comments(article, now):
        moment = language().day_and_time(paused, site().settings.timezone)
        return 403, say("Comments on this article are closed until %(moment)s.", moment=moment)
    if paused is not None or not _takes_comments(article, now):
        return 403, say("Comments on this article are closed.")
    return None


def _submission(article: CommentedArticle, form: CommentForm) -> Submission:
    """Return what was sent, not yet valid and as a comment that answers none."""
    return Submission(
        article_id=article.id,
        parent_id=None,
        root_id=None,
        language=article.language,
        name=sanitize.one_line(form.name.data or ""),
        email=(form.email.data or "").strip(),
        text=form.comment.data or "",
        notify=bool(form.notify.data) and site().settings.mail_is_on,
        trap_filled=bool((form.website.data or "").strip()),
        origin_known=origin() is Origin.SAME,
        haste_seconds=form.haste_seconds(),
        proof=form.proof_of_work(),
        visitor=sender(),
    )


def wait_sentence(outcome: TooMany) -> str:
    """Return the sentence that says when what was sent may be sent again."""
    return say_minutes(
        "Many comments have come from your connection in a short time. Please send this one again in %(num)s minute.",
        "Many comments have come from your connection in a short time. Please send this one again in %(num)s minutes.",
        outcome.retry_after_seconds,
    )


def sender() -> Visitor:
    """Return who sends this request, as far as limits need to know."""
    headers, here = this_request().environ, site()
    browser = f"{headers.get('HTTP_USER_AGENT', '')}\n{headers.get('HTTP_ACCEPT_LANGUAGE', '')}"
    hops = len([hop for hop in headers.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()])
    is_believed = 0 < here.settings.trusted_proxies <= hops
    is_forwarded = not is_believed and not FORWARDED.isdisjoint(headers)
    return visitor(here, headers.get("REMOTE_ADDR", ""), browser, is_forwarded=is_forwarded, now=clock())


def _wait(article: CommentedArticle, form: CommentForm, outcome: TooMany) -> Response:
    """Return the form, with the sentence that says when it may be sent again.

    It still names the comment it answers by number, but neither that comment nor the sections of the masthead are
    read: under a flood this page is sent very often.
    """
    notes().without_database = True
    refused = _answer(article, form, 429, wait_sentence(outcome))
    refused.headers["Retry-After"] = str(outcome.retry_after_seconds)
    return refused


def _answer(
    article: CommentedArticle,
    form: CommentForm,
    status: int,
    problem: str,
    parent: VisibleComment | None = None,
) -> Response:
    """Return the form with all words kept, on a page of its own."""
    errors = form.problems()
    form.token.data = form.token.current_token
    preview = sanitize.comment_html(sanitize.comment_text(form.comment.data or "")) if status == 200 else ""
    return private_page(
        render_template(
            "comments/answer.html",
            article_title=article.title,
            article_url=address_of(article.kind, article.slug),
            form=form,
            action_url=f"{address_of(article.kind, article.slug)}/comments",
            problem=problem,
            errors=errors,
            preview_html=Markup(preview),  # noqa: S704  # cleaned just now
            replying_to=parent,
            can_notify=site().settings.mail_is_on,
        ),
        status,
    )


def _takes_comments(article: CommentedArticle, now: datetime) -> bool:
    end = closes_at(
        article.publish_at, article.comments_open, article.comments_close_at, site().settings.close_after_days
    )
    return end is None or now < end


def _parent(session: Session, article: CommentedArticle, form: CommentForm) -> VisibleComment | None:
    asked = number_or_0((form.reply_to.data or "").strip())
    return visible_comment(session, article.id, asked) if asked else None


def _article(session: Session, kind: ArticleKind, slug: str, now: datetime) -> CommentedArticle | None:
    """Return the article at `slug`, or the one that was there when the form was opened; retracted ones too."""
    found = commented_article(session, kind, slug, now=now)
    if found is not None:
        return found
    moved = address_now(session, former_address(address_of(kind, slug))) or ""
    folder, _, present = moved.strip("/").partition("/")
    return commented_article(session, kind, unquote(present), now=now) if folder == f"{kind}s" else None
