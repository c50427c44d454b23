"""Taking in a picture that somebody adds to what she writes."""

from datetime import datetime
from enum import StrEnum
from html import escape

from cms import logs
from cms.articles.queries.cards import Picture
from cms.site import Site


class PictureRefusal(StrEnum):
    """Why a picture was not kept."""

    UNREADABLE = "unreadable"
    NO_ROOM = "no_room"


WIDEST = 1600  # pixels: twice the text's own width, for sharp screens; a phone's 4 MB become some 0.3


def take_in(site: Site, body: bytes, now: datetime) -> Picture | PictureRefusal:
    """Keep a picture below /media/, without what a camera wrote into it; return it, not yet described.

    Its name says nothing of whose it was. One that no article shows in the end stays there, and harms nobody.
    """
    # Here, since Pillow is for those who bring pictures: every worker would hold it otherwise.
    from cms.pictures.actions.cleaned_files import FileRefused, fitted
    from cms.pictures.actions.narrower_copies import put_copies

    try:
        file = fitted(body, WIDEST)
    except FileRefused:
        return PictureRefusal.UNREADABLE
    name = f"{now:%Y/%m}/{file.digest[:20]}{file.suffix}"
    path = site.settings.media_folder / name
    try:
        if not path.exists():
            file.put_at(path)
    except OSError as error:
        logs.write_unkept_picture(error)
        return PictureRefusal.NO_ROOM
    put_copies(site.settings.media_folder, name, file)
    return Picture(f"/media/{name}", "", "", "", file.width or 0, file.height or 0)


def kept(site: Site, name: str) -> Picture | None:
    """Return the picture that lies below /media/ under a name, not described; None for any other name.

    The name comes from a form: it is taken only as it is written from the folder itself, so that no other way
    (`..`, an absolute path, a link out of the folder) leads anywhere.
    """
    from cms.pictures.actions.cleaned_files import FileRefused, size_of  # here, as above

    folder = site.settings.media_folder.resolve()
    try:
        path = (folder / name).resolve()
        if path.relative_to(folder).as_posix() != name:
            return None
        return Picture(f"/media/{name}", "", "", "", *size_of(path))
    except (FileRefused, OSError, ValueError):  # not a picture, not there, not in the folder
        return None


def figure(picture: Picture) -> str:
    """Return the HTML that shows a picture in a text."""
    shown = (
        f'<img src="{picture.address}" alt="{escape(picture.alt)}"'
        f' width="{picture.width}" height="{picture.height}">'
    )
    said = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f"<figure>{shown}{said}</figure>"
