"""Making the demonstration newspaper through the same actions that its staff and readers use."""

import shutil
from datetime import datetime

from cms import sanitize
from cms.accounts.actions import add_staff
from cms.accounts.queries import SignedIn
from cms.accounts.rules import Refusal, Role
from cms.articles import writes as article_writes
from cms.articles.models import ArticleKind
from cms.articles.queries.cards import Picture
from cms.comments.actions.preparing import Submission
from cms.comments.actions.submitting import submit
from cms.comments.queries.receipts import receipt
from cms.desk.actions.writing import Stored, write
from cms.desk.queries.drafts import Draft
from cms.desk.rules import Button
from cms.exchange.demo_files import FOLDER, DemoArticle, DemoComment, articles, newspaper
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from cms.vault import random_mark, secret_hash

STAFF = {  # whose passwords the demonstration prints
    Role.EDITOR: ("Ben", "ben@example.org"),
    Role.MODERATOR: ("Cleo", "cleo@example.org"),
    Role.AUTHOR: ("Tobias Wrenmoor", "tobias@example.org"),  # a byline with others to show
}
VERDICTS = {"approved": Verdict.APPROVE, "rejected": Verdict.REJECT, "spam": Verdict.SPAM}
LAST_ENTRY = 2**62  # newer than any entry of the log, so that no decision counts as outdated


def make_demo(site: Site, passwords: dict[Role, str], now: datetime) -> None:
    """Fill an empty site: staff, sections, authors, articles, comments and what was decided about them."""
    staff = {role: _hire(site, role, passwords[role], now) for role in STAFF}
    paper = newspaper()
    with site.database.writing() as session:
        for section in paper["sections"]:
            article_writes.furnish_section(session, section["slug"], section["name"])
        for author in paper["authors"]:
            article_writes.furnish_author(
                session, author["slug"], author["name"], author["bio"], author["language"]
            )
        session.commit()
    site.settings.media_folder.mkdir(parents=True, exist_ok=True)
    names = {
        "sections": {section["slug"]: section["name"] for section in paper["sections"]},
        "authors": {author["key"]: author["name"] for author in paper["authors"]},
    }
    editor = SignedIn(staff[Role.EDITOR], STAFF[Role.EDITOR][0], Role.EDITOR, 0, now)
    for article in articles(now):
        article_id = _publish(site, editor, article, names, now)
        _discuss(site, staff[Role.MODERATOR], article_id, article)


def _hire(site: Site, role: Role, password: str, now: datetime) -> int:
    name, email = STAFF[role]
    found = add_staff(site, name, email, role, password, now)
    if isinstance(found, Refusal):
        raise RuntimeError(found.sentence)
    return found


def _publish(
    site: Site, editor: SignedIn, article: DemoArticle, names: dict[str, dict[str, str]], now: datetime
) -> int:
    fields = article.fields
    body_html = sanitize.article_html(fields["body_html"])
    draft = Draft(
        kind=ArticleKind(article.kind),
        title=fields["title"],
        slug=fields["slug"],
        standfirst=fields["standfirst"],
        body_html=body_html,
        body_text=sanitize.plain_text(body_html),
        section=names["sections"].get(fields.get("section", ""), ""),
        picture=_picture(site, fields["image"]) if "image" in fields else None,
        tags=tuple(fields.get("tags", [])),
        authors=tuple(names["authors"][key] for key in fields.get("authors", [])),
        language=fields["language"],
        publish_at=article.publish_at,
        comments_open=fields.get("comments", "closed") == "open",
        version=0,
        mark=random_mark(),
    )
    button = Button.SAVE if fields.get("status") == "draft" else Button.PUBLISH
    # Written at the time of its publication, so that no article looks as if it had been changed since.
    written = write(site, editor, None, draft, button, min(article.publish_at, now))
    if not isinstance(written, Stored):
        raise RuntimeError(f"{fields['slug']} could not be published: {written}")
    return written.article_id


def _picture(site: Site, image: dict[str, str]) -> Picture:
    shutil.copy(FOLDER / "media" / image["file"], site.settings.media_folder / image["file"])
    return Picture(
        address=f"/media/{image['file']}",
        alt=image["alt"],
        caption=image["caption"],
        credit=image["credit"],
        width=int(image["width"]),
        height=int(image["height"]),
    )


def _discuss(site: Site, moderator_id: int, article_id: int, article: DemoArticle) -> None:
    ids: dict[str, int] = {}
    roots: dict[str, str] = {}
    for comment in article.comments:
        roots[comment.key] = roots.get(comment.reply_to, comment.key)
        ids[comment.key] = _send(site, article_id, article, comment, ids, roots[comment.key])
        verdict = VERDICTS.get(comment.status)
        if verdict is not None:
            decide(site, moderator_id, [ids[comment.key]], verdict, "", LAST_ENTRY, comment.at)


def _send(
    site: Site, article_id: int, article: DemoArticle, comment: DemoComment, ids: dict[str, int], root: str
) -> int:
    sent = Submission(
        article_id=article_id,
        parent_id=ids.get(comment.reply_to),
        root_id=ids.get(root),
        language=article.fields["language"],
        name=comment.name,
        email=comment.email,
        text=comment.text,
        notify=False,
        trap_filled=False,
        origin_known=True,
        visitor=Visitor(),
    )
    secret = submit(site, sent, comment.at)
    if not isinstance(secret, str):
        raise RuntimeError(f"the comment {comment.key} was refused")
    with site.database.reading() as session:
        found = receipt(session, secret_hash(secret))
    if found is None:
        raise RuntimeError(f"the comment {comment.key} was not stored")
    return found.comment_id
