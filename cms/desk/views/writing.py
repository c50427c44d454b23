"""Where an article is written, previewed and published."""

from flask import Blueprint, Response, abort, flash, get_flashed_messages, render_template, request

from cms.accounts.guard import carried_fields, staff
from cms.accounts.rules import Act, may
from cms.answering.error_pages import exact
from cms.articles.models import ArticleKind
from cms.articles.queries.onward import onward
from cms.articles.rules import address_of
from cms.articles.views.showing import article_context
from cms.comments.queries.thread import VisibleThread
from cms.desk.actions import writing
from cms.desk.actions.pictures import PictureRefusal, take_in
from cms.desk.actions.writing import Conflict, SlugTaken, Stored, WriteRefusal
from cms.desk.forms import PICTURE_SENTENCES, ArticleForm
from cms.desk.queries.drafts import Draft, differences, preview
from cms.desk.queries.working import Working, own_author, section_names, working_article
from cms.desk.rules import Button, State, offered
from cms.vault import random_mark
from cms.web import clock, private_page, say, see_other, site, speak

blueprint = Blueprint("writing", __name__, url_prefix="/articles")
DONE_SENTENCES = {
    State.DRAFT: "It is stored as a draft. Readers do not see it.",
    State.SCHEDULED: "It is stored, and appears at the time that you gave.",
    State.PUBLISHED: "It is stored, and readers see it now.",
    State.RETRACTED: "It is taken back: its address says so.",
}
REFUSAL_SENTENCES = {
    WriteRefusal.MAY_NOT_PUBLISH: "Your account may write but not publish. Please save it and ask an editor.",
    WriteRefusal.MAY_NOT_CHANGE_PUBLISHED: "This is published, and your account may change drafts only."
    " Please send your changes to an editor.",
    WriteRefusal.MAY_NOT_MAKE_PAGES: "Pages beside the paper are made by editors. Please save it as an article.",
    WriteRefusal.NOT_PUBLIC: "Only what readers can see can be taken back.",
}
_CHANGED = ("body_html", "lead", "lead_alt", "lead_caption", "lead_credit")  # by a picture that came along


@blueprint.get("/new")
def new_article() -> Response:
    """Show an empty form."""
    kind = "page" if request.args.get("kind") == "page" else "article"
    return _form(ArticleForm(None, _start(kind), formdata=None), None, 200)


@blueprint.post("/new")
def store() -> Response:
    """Store a new article, or preview it."""
    return _submit(None, ArticleForm(None, _start(request.form.get("kind", "article"))))


@blueprint.get("/<int:article_id>")
def edit(article_id: int) -> Response:
    """Show an article's form."""
    article = hers_or_404(article_id)
    return _form(ArticleForm(article, formdata=None), article, 200)


@blueprint.post("/<int:article_id>")
def change(article_id: int) -> Response:
    """Store an article's new text, preview it, or do with it what the button says."""
    article = hers_or_404(article_id)
    return _submit(article, ArticleForm(article))


def hers_or_404(article_id: int) -> Working:
    """Return an article that whoever is signed in may work on; answer 404 for any other."""
    with site().database.reading() as session:
        found = working_article(session, article_id, staff_id=staff().id, now=clock())
    if found is None or not writing.is_hers(staff(), found):
        abort(404)
    return found


def _submit(article: Working | None, form: ArticleForm) -> Response:
    asked = request.form.get("action") or Button.SAVE
    if asked not in list(Button):
        return _form(form, article, 422, say("This button is not known here. Nothing was stored."))
    button = Button(asked)
    if button is Button.WRITE_ON:
        return _form(form, article, 200)
    refused, is_valid = _take_pictures(form), form.validate()
    for name, refusal in refused.items():
        form[name].errors = [say(PICTURE_SENTENCES[refusal])]
    if refused or not is_valid:
        return _form(form, article, 422)
    if button is Button.PREVIEW:
        return _preview(form, article)
    draft = form.draft(article.slug if article else "")
    outcome = writing.write(site(), staff(), article.id if article else None, draft, button, clock())
    if isinstance(outcome, Stored):
        flash(say(DONE_SENTENCES[outcome.state]))
        return see_other(f"/desk/articles/{outcome.article_id}")
    if isinstance(outcome, Conflict):
        return _conflict(form, draft, outcome.theirs)
    if isinstance(outcome, SlugTaken):
        taken = say("Another one has this address. This one is free: %(slug)s", slug=outcome.suggestion)
        form.slug.errors = [taken]
        return _form(form, article, 422)
    if outcome is WriteRefusal.NOT_YOURS:
        abort(404)
    return _form(
        form, article, 422 if outcome is WriteRefusal.NOT_PUBLIC else 403, say(REFUSAL_SENTENCES[outcome])
    )


def _take_pictures(form: ArticleForm) -> dict[str, PictureRefusal]:
    """Put the pictures that were sent along where they belong, also where something else is amiss.

    Return the names of the fields whose files were not kept, with the reason.
    """
    refused = {}
    for name, put in (("picture", form.add_to_text), ("lead_file", form.set_lead)):
        sent = request.files.get(name)
        if not sent or not (body := sent.read()):
            continue
        taken = take_in(site(), body, clock())
        if isinstance(taken, PictureRefusal):
            refused[name] = taken
        else:
            put(taken)
    if form.lead_remove.data and not refused:
        form.remove_lead()
    return refused


def _preview(form: ArticleForm, article: Working | None) -> Response:
    """Show the article's page as it would be; the page carries every field, and nothing is stored."""
    draft = form.draft(article.slug if article else "")
    with site().database.reading() as session:
        own = own_author(session, staff().id, staff().name)
        own_name = own.name if own else staff().name
        page = preview(session, draft, article.id if article else None, own_name=own_name, now=clock())
        leads_to = onward(session, page, now=clock())
    speak(page.language)
    context = article_context(page, leads_to, VisibleThread((), 0, None), clock())
    body = render_template(
        "desk/preview.html",
        **context,
        form_url=_form_url(article),
        carried=[
            *carried_fields(but={"action", "picture_alt", "picture_caption", "lead_remove", *_CHANGED}),
            *((name, exact(form[name].data or "")) for name in _CHANGED),
        ],
        offered=_offered(article),
        state=article.state if article else None,
    )
    return private_page(body)


def _conflict(form: ArticleForm, hers: Draft, theirs: Working) -> Response:
    """Keep hers in the form, show theirs beside it; saving once more overwrites knowingly."""
    stored = ArticleForm(theirs, formdata=None)
    form.version.data = stored.version.data
    differing = differences(hers, stored.draft(theirs.slug))
    shown = [(name, form[name].data or "", stored[name].data or "") for name in differing]
    words = say(
        "Somebody has changed this since you opened it. Nothing is lost, and nothing was overwritten."
    )
    return _form(form, theirs, 409, words, shown)


def _form(
    form: ArticleForm,
    article: Working | None,
    status: int,
    problem: str = "",
    differing: list[tuple[str, str, str]] | None = None,
) -> Response:
    form.csrf_token.data = form.csrf_token.current_token
    with site().database.reading() as session:
        sections = section_names(session)
    return private_page(
        render_template(
            "desk/article.html",
            form=form,
            article=article,
            form_url=_form_url(article),
            is_stored=request.method == "GET",  # a POST is answered with words that are not
            public_url=address_of(article.kind, article.slug) if article else "",
            problem=problem,
            errors=form.problems(),
            differences=differing or [],
            labels=_labels(),
            sections=sections,
            offered=_offered(article),
            may_make_pages=may(staff().role, Act.EDIT_ALL),
            notice=" ".join(map(str, get_flashed_messages())),
            room="desk",
        ),
        status,
    )


def _labels() -> dict[str, str]:
    return {
        "title": say("Title"),
        "standfirst": say("Standfirst"),
        "body_html": say("Text"),
        "lead": say("Lead picture"),
        "lead_alt": say("What the lead picture shows"),
        "lead_caption": say("The lead picture's caption"),
        "lead_credit": say("Whose picture it is"),
        "authors": say("Authors"),
        "section": say("Section"),
        "tags": say("Tags"),
        "language": say("Language"),
        "publish_at": say("Date and time"),
        "slug": say("Address"),
        "comments": say("Comments"),
    }


def _start(kind: str) -> dict[str, str]:
    return {
        "language": site().settings.language,
        "kind": kind,
        "comments": "closed" if kind == ArticleKind.PAGE else "open",
        "draft_mark": random_mark(),
    }


def _offered(article: Working | None) -> tuple[Button, ...]:
    return offered(article.state if article else None, may_publish=may(staff().role, Act.PUBLISH))


def _form_url(article: Working | None) -> str:
    return f"/desk/articles/{article.id}" if article else "/desk/articles/new"
