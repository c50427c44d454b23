"""A moderator's deed: having the dashboard as she likes it."""

from cms.moderation.writes.staff import choose_shortcuts
from cms.site import Site


def switch_shortcuts(site: Site, staff_id: int, *, on: bool) -> None:
    """Let keys press buttons for one person of staff, or not."""
    with site.database.writing() as session:
        choose_shortcuts(session, staff_id, on=on)
        session.commit()
