"""Where a reader's comment arrives, and where its receipt is shown."""

from urllib.parse import parse_qs

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge

from cms import sanitize
from cms.articles.models import ArticleKind
from cms.articles.queries.reading import ArticlePage, public_article
from cms.articles.rules import address_of
from cms.comments import actions
from cms.comments.forms import CommentForm, fresh_token, is_good_token
from cms.comments.queries.receipts import Receipt, receipt
from cms.comments.queries.thread import VisibleComment, visible_comment
from cms.comments.rules import closes_at, token_week
from cms.limits.actions import network_mark
from cms.moderation.rules import PUBLIC_SENTENCES, RejectionReason
from cms.web import Origin, clock, origin, private_page, say, site, speak

blueprint = Blueprint("comments", __name__)
ANSWERS_FOREIGN_ITSELF = frozenset({"comments.submit", "comments.submit_to_page"})
WITHDRAW = "withdraw token"


@blueprint.post("/articles/<slug>/comments")
def submit(slug: str) -> Response:
    """Take a comment on an article."""
    return _submit(ArticleKind.ARTICLE, slug)


@blueprint.post("/pages/<slug>/comments", endpoint="submit_to_page")
def submit_to_page(slug: str) -> Response:
    """Take a comment on a static page."""
    return _submit(ArticleKind.PAGE, slug)


@blueprint.get("/comments/<secret>")
def show_receipt(secret: str) -> Response:
    """Show a comment's receipt to the one who holds it."""
    found = _receipt_or_404(secret)
    speak(found.article_language)
    article_path = address_of(found.article_kind, found.article_slug)
    page = private_page(
        render_template(
            "comments/receipt.html",
            receipt=found,
            body_html=Markup(found.body_html),  # noqa: S704  # cleaned by sanitize.comment_html when stored
            reason=_public_reason(found.reason),
            article_url=article_path,
            comment_url=f"{article_path}#comment-{found.comment_id}",
            withdraw_url=url_for("comments.withdraw", secret=secret),
            token=fresh_token(site().vault, WITHDRAW, secret, token_week(clock())),
        )
    )
    page.headers["X-Robots-Tag"] = "noindex"
    return page


@blueprint.post("/comments/<secret>/withdrawal")
def withdraw(secret: str) -> Response:
    """Withdraw the comment of a receipt."""
    found = _receipt_or_404(secret)
    sent = request.form.get("token", "")
    if is_good_token(site().vault, WITHDRAW, secret, sent, token_week(clock())) and found.can_withdraw:
        actions.withdraw(site(), secret, clock())
    return _see(url_for("comments.show_receipt", secret=secret))


def _submit(kind: ArticleKind, slug: str) -> Response:
    article = _article_or_404(kind, slug)
    speak(article.language)
    if (request.content_length or 0) > site().settings.comment_max_bytes:
        return _too_large(article)
    form = CommentForm(meta={"subject": f"article:{article.id}"})
    if origin() is Origin.FOREIGN:
        return _answer(
            article, form, 403, say("This form was sent from another site. Please send it from here.")
        )
    if not _takes_comments(article):
        return _answer(article, form, 403, say("Comments on this article are closed."))
    parent = _parent(article, form)
    valid = form.validate()
    if form.reply_to.data and parent is None:
        form.reply_to.data = ""
        gone = say("The comment that you answered is no longer here. Yours would now stand by itself.")
        return _answer(article, form, 422, gone)
    if not valid:
        return _answer(article, form, 422, "", parent)
    if "preview" in request.form:
        return _answer(article, form, 200, "", parent)
    return _store(article, form, parent)


def _store(article: ArticlePage, form: CommentForm, parent: VisibleComment | None) -> Response:
    sent = actions.Submission(
        article_id=article.id,
        parent_id=parent.id if parent else None,
        root_id=parent.root_id if parent else None,
        language=article.language,
        name=sanitize.one_line(form.name.data),
        email=form.email.data.strip(),
        text=form.comment.data,
        notify=bool(form.notify.data),
        trap_filled=bool((form.website.data or "").strip()),
        origin_known=origin() is Origin.SAME,
        network_mark=network_mark(site(), request.remote_addr or "", clock()),
    )
    outcome = actions.submit(site(), sent, clock())
    if isinstance(outcome, actions.TooMany):
        wait = say(
            "You have sent many comments in a short time. Please wait some minutes and send this one again."
        )
        refused = _answer(article, form, 429, wait, parent)
        refused.headers["Retry-After"] = str(outcome.retry_after_seconds)
        return refused
    return _see(url_for("comments.show_receipt", secret=outcome))


def _answer(
    article: ArticlePage, form: CommentForm, status: int, problem: str, parent: VisibleComment | None = None
) -> Response:
    """Return the form with all words kept, on a page of its own."""
    errors = form.problems()
    form.token.data = form.token.current_token
    preview = sanitize.comment_html(sanitize.comment_text(form.comment.data or "")) if status == 200 else ""
    return private_page(
        render_template(
            "comments/answer.html",
            article=article,
            article_url=address_of(article.kind, article.slug),
            form=form,
            action_url=f"{address_of(article.kind, article.slug)}/comments",
            problem=problem,
            errors=errors,
            preview_html=Markup(preview),  # noqa: S704  # cleaned just now
            replying_to=parent,
            can_notify=False,
        ),
        status,
    )


def _too_large(article: ArticlePage) -> Response:
    """Keep the words of a body that is too large, as far as they are read: the first part of it."""
    limit = site().settings.comment_max_bytes
    try:
        arrived = parse_qs(request.stream.read(limit).decode("utf-8", "replace"), max_num_fields=50)
    except (ValueError, RequestEntityTooLarge):
        arrived = {}
    kept = {
        name: values[0]
        for name, values in arrived.items()
        if name in {"name", "email", "comment", "reply_to"}
    }
    form = CommentForm(formdata=None, data=kept, meta={"subject": f"article:{article.id}"})
    return _answer(article, form, 413, say("This is more than fits into a comment. Please shorten it."))


def _takes_comments(article: ArticlePage) -> bool:
    end = closes_at(
        article.publish_at, article.comments_open, article.comments_close_at, site().settings.close_after_days
    )
    return end is None or clock() < end


def _parent(article: ArticlePage, form: CommentForm) -> VisibleComment | None:
    asked = (form.reply_to.data or "").strip()
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    with site().database.reading() as session:
        return visible_comment(session, article.id, int(asked))


def _public_reason(code: str) -> str:
    sentence = PUBLIC_SENTENCES.get(RejectionReason(code)) if code in set(RejectionReason) else None
    return say(sentence) if sentence else ""


def _article_or_404(kind: ArticleKind, slug: str) -> ArticlePage:
    with site().database.reading() as session:
        article = public_article(session, kind, slug, now=clock())
    if article is None or article.is_retracted:
        abort(404)
    return article


def _receipt_or_404(secret: str) -> Receipt:
    with site().database.reading() as session:
        found = receipt(session, actions.receipt_hash(secret))
    if found is None:
        abort(404)
    return found


def _see(address: str) -> Response:
    response: Response = redirect(address, 303)  # type: ignore[assignment]  # Flask's own Response at run time
    response.headers["Cache-Control"] = "no-store"
    return response
