"""The form in which articles are written."""

import re
from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)

from cms import sanitize
from cms.answering.forms import Form, refuse_longer
from cms.articles.models import ArticleKind
from cms.articles.queries.cards import Picture
from cms.articles.rules import slug
from cms.desk.actions.pictures import PictureRefusal, figure, kept
from cms.desk.queries.drafts import NO_PICTURE, Draft
from cms.desk.queries.working import Working
from cms.desk.rules import (
    CREDIT_MAX_CHARS,
    NAME_MAX_CHARS,
    NAMES_MAX,
    PICTURE_WORDS_MAX_CHARS,
    STANDFIRST_MAX_CHARS,
    TITLE_MAX_CHARS,
    as_typed,
    moment_in,
    names_in,
)
from cms.languages import is_language
from cms.text.numbers import ID_DIGITS, number_or_0
from cms.web import language, say, site

USUAL_LANGUAGES = ("en", "ur", "ar")
# RFC 5646, section 2.1, as far as it is used.
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MARK = re.compile(r"[0-9a-f]{32}")
PICTURE_SENTENCES = {
    PictureRefusal.UNREADABLE: "This is no picture that a page can show.",
    PictureRefusal.NO_ROOM: "This picture could not be stored. Nothing else is lost. Please tell whoever runs this site.",
}
_PICTURES = {"accept": "image/jpeg,image/png,image/gif,image/webp,image/avif"}


class ArticleForm(Form):
    """All that is written of an article; what a POST leaves out stays as it was."""

    title = StringField()
    standfirst = TextAreaField()
    body_html = TextAreaField()
    authors = StringField()
    section = StringField()
    tags = StringField()
    language = SelectField(validate_choice=False)
    publish_at = StringField()
    slug = StringField()
    comments = SelectField(validate_choice=False)
    kind = SelectField(validate_choice=False)
    picture = FileField(render_kw=_PICTURES)
    picture_alt = StringField()
    picture_caption = StringField()
    lead = HiddenField()  # the name below /media/ of the one above the text, also before it is stored
    lead_file = FileField(render_kw=_PICTURES)
    lead_alt = StringField()
    lead_caption = StringField()
    lead_credit = StringField()
    lead_remove = BooleanField()
    version = HiddenField()
    draft_mark = HiddenField()

    def __init__(self, article: Working | None, start: dict[str, str] | None = None, **more: Any) -> None:
        """Begin with what is stored of `article`, or with `start` for a new one."""
        super().__init__(data=_typed(article) if article else start, **more)
        self.stored_lead = article.picture if article else None
        self.known_authors = tuple(one.name for one in article.authors) if article else ()
        self.known_tags = tuple(one.name for one in article.tags) if article else ()
        self.language.choices = _language_choices(self.language.data or "")
        self.comments.choices = [("open", say("Open")), ("closed", say("Closed"))]
        self.kind.choices = [("article", say("Article")), ("page", say("Page beside the paper"))]

    def validate_title(self, field: Any) -> None:
        """Ask for a title of bearable length."""
        if not sanitize.one_line(field.data or ""):
            raise ValidationError(say("Please give a title."))
        refuse_longer(sanitize.one_line(field.data), TITLE_MAX_CHARS)

    def validate_standfirst(self, field: Any) -> None:
        """Ask for a standfirst of bearable length."""
        refuse_longer(sanitize.one_line(field.data or ""), STANDFIRST_MAX_CHARS)

    def validate_authors(self, field: Any) -> None:
        """Ask for bearably many authors."""
        _refuse_many(self._names(field, self.known_authors))

    def validate_section(self, field: Any) -> None:
        """Ask for a section's name of bearable length."""
        refuse_longer(sanitize.one_line(field.data or ""), NAME_MAX_CHARS)

    def validate_tags(self, field: Any) -> None:
        """Ask for bearably many tags."""
        _refuse_many(self._names(field, self.known_tags))

    def validate_language(self, field: Any) -> None:
        """Ask for a language in whose words a date can be written."""
        code = (field.data or "").strip()
        if code and (not _LANGUAGE_TAG.fullmatch(code) or len(code) > 35 or not is_language(code)):
            raise ValidationError(
                say("This is no language that we know. A language is a code such as en, ur or ar.")
            )

    def validate_publish_at(self, field: Any) -> None:
        """Ask for a date and a time."""
        if (field.data or "").strip() and self._moment() is None:
            raise ValidationError(say("This is not a date and a time. They look like 2026-11-24T09:00."))

    def validate_slug(self, field: Any) -> None:
        """Ask for something that can be part of an address."""
        if (field.data or "").strip() and not slug(field.data):
            raise ValidationError(
                say("An address takes letters or digits. Leave it empty to take it from the title.")
            )

    def validate_comments(self, field: Any) -> None:
        """Ask for one of two words."""
        if field.data not in {"open", "closed"}:
            raise ValidationError(say("Comments are either open or closed."))

    def validate_lead_file(self, field: Any) -> None:
        """Ask for a picture of the site's own, and for one where only its words are given."""
        if self.lead.data and self.lead_picture() is None:
            self.lead.data = _name(self.stored_lead)
            raise ValidationError(say(PICTURE_SENTENCES[PictureRefusal.UNREADABLE]))
        if not self.lead.data and any(self._lead_words()):
            raise ValidationError(say("Please choose a picture."))

    def validate_lead_alt(self, field: Any) -> None:
        """Ask what the picture shows, unless it moved in without such words and nobody touched it."""
        said = sanitize.one_line(field.data or "")
        if self.lead.data and not said and self.lead_picture() != self.stored_lead:
            raise ValidationError(say("Please say what the lead picture shows."))
        refuse_longer(said, PICTURE_WORDS_MAX_CHARS)

    def validate_lead_caption(self, field: Any) -> None:
        """Ask for a caption of bearable length."""
        refuse_longer(sanitize.one_line(field.data or ""), PICTURE_WORDS_MAX_CHARS)

    def validate_lead_credit(self, field: Any) -> None:
        """Ask for a credit of bearable length."""
        refuse_longer(sanitize.one_line(field.data or ""), CREDIT_MAX_CHARS)

    def add_to_text(self, picture: Picture) -> None:
        """Put a picture behind the text, whose blank lines are paragraphs no longer once a block stands there."""
        alt, caption = (
            sanitize.one_line(field.data or "") for field in (self.picture_alt, self.picture_caption)
        )
        html = figure(picture._replace(alt=alt, caption=caption))
        self.body_html.data = f"{sanitize.paragraphs(self.body_html.data or '')}\n\n{html}".strip()
        self.picture_alt.data = self.picture_caption.data = ""

    def set_lead(self, picture: Picture) -> None:
        """Put a picture above the text, in the place of another; the words about it are those typed."""
        self.lead.data, self.lead_remove.data = _name(picture), False

    def remove_lead(self) -> None:
        """Leave no picture above the text, and no words about it."""
        for field in (self.lead, self.lead_alt, self.lead_caption, self.lead_credit):
            field.data = ""
        self.lead_remove.data = False

    def lead_picture(self) -> Picture | None:
        """Return the picture above the text; None for none, and for a name that is no picture's of the site."""
        name, stored = self.lead.data or "", self.stored_lead
        words = self._lead_words()
        if stored is None or name != _name(stored):
            found = kept(site(), name) if name else None
        elif words == tuple(map(sanitize.one_line, (stored.alt, stored.caption, stored.credit))):
            return stored  # to the letter, also where it moved in from elsewhere
        else:
            found = stored
        return found._replace(alt=words[0], caption=words[1], credit=words[2]) if found else None

    def draft(self, stored_slug: str = "") -> Draft:
        """Return what was written, cleaned; for a form that is valid. `stored_slug` is kept to the letter."""
        body_html = sanitize.article_html(self.body_html.data or "")
        typed_slug = (self.slug.data or "").strip()
        return Draft(
            kind=ArticleKind.PAGE if self.kind.data == "page" else ArticleKind.ARTICLE,
            title=sanitize.one_line(self.title.data),
            slug=typed_slug if typed_slug == stored_slug else slug(typed_slug),
            standfirst=sanitize.one_line(self.standfirst.data or ""),
            body_html=body_html,
            body_text=sanitize.plain_text(body_html),
            section=sanitize.one_line(self.section.data or ""),
            picture=self.lead_picture(),
            tags=self._names(self.tags, self.known_tags),
            authors=self._names(self.authors, self.known_authors),
            language=(self.language.data or "").strip() or site().settings.language,
            publish_at=self._moment(),
            comments_open=self.comments.data == "open",
            version=number_or_0(self.version.data or "", ID_DIGITS),
            mark=self.draft_mark.data if _MARK.fullmatch(self.draft_mark.data or "") else "",
        )

    def _lead_words(self) -> tuple[str, ...]:
        fields = (self.lead_alt, self.lead_caption, self.lead_credit)
        return tuple(sanitize.one_line(field.data or "") for field in fields)

    def _moment(self) -> datetime | None:
        return moment_in(self.publish_at.data or "", site().settings.timezone)

    def _names(self, field: Any, known: tuple[str, ...]) -> tuple[str, ...]:
        return names_in(sanitize.one_line(field.data or ""), known)


def _typed(article: Working) -> dict[str, str]:
    lead = article.picture or NO_PICTURE
    return {
        "title": article.title,
        "standfirst": article.standfirst,
        "body_html": article.body_html,
        "lead": _name(lead),
        "lead_alt": lead.alt,
        "lead_caption": lead.caption,
        "lead_credit": lead.credit,
        "authors": ", ".join(author.name for author in article.authors),
        "section": article.section,
        "tags": ", ".join(tag.name for tag in article.tags),
        "language": article.language,
        "publish_at": as_typed(article.publish_at, site().settings.timezone),
        "slug": article.slug,
        "comments": "open" if article.comments_open else "closed",
        "kind": article.kind.value,
        "version": str(article.version),
    }


def _name(picture: Picture | None) -> str:
    return picture.address.removeprefix("/media/") if picture else ""


def _refuse_many(names: tuple[str, ...]) -> None:
    if len(names) > NAMES_MAX:
        raise ValidationError(say("These are more than fit: at most %(limit)s names.", limit=NAMES_MAX))
    for name in names:
        refuse_longer(name, NAME_MAX_CHARS)


def _language_choices(chosen: str) -> list[tuple[str, str]]:
    """Return all languages, the usual ones first."""
    usual = dict.fromkeys(code for code in (site().settings.language, *USUAL_LANGUAGES, chosen) if code)
    names = dict(language().languages())
    return [
        (code, names.get(code, code)) for code in [*usual, *(other for other in names if other not in usual)]
    ]
