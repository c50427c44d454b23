"""Taking in a picture that somebody adds to what she writes."""

from datetime import datetime
from html import escape

from cms.site import Site

WIDEST = 1600  # pixels: twice the text's own width, for sharp screens; a phone's 4 MB become some 0.3


def take_in(site: Site, body: bytes, alt: str, caption: str, now: datetime) -> str | None:
    """Keep a picture below /media/, without what a camera wrote into it; return the HTML that shows it, None for no picture.

    Its name says nothing of whose it was. One that no article shows in the end stays there, and harms nobody.
    """
    # Here, since Pillow is for those who bring pictures: every worker would hold it otherwise.
    from cms.exchange.actions.cleaned_files import FileRefused, fitted

    try:
        file = fitted(body, WIDEST)
    except FileRefused:
        return None
    name = f"{now:%Y/%m}/{file.digest[:20]}{file.suffix}"
    path = site.settings.media_folder / name
    if not path.exists():
        file.put_at(path)
    shown = f'<img src="/media/{name}" alt="{escape(alt)}" width="{file.width}" height="{file.height}">'
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{shown}{said}</figure>"
