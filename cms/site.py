"""What every action is handed: the one site that this process serves."""

import dataclasses
from dataclasses import dataclass, field
from datetime import date, datetime

from cms.answering.pieces import Pieces
from cms.answering.written import Ready
from cms.assets import Assets
from cms.config import Settings
from cms.db import Database
from cms.keys.keyring import Keyring
from cms.languages import Catalogue
from cms.serving.turns import Turns
from cms.vault import Keyed, NoKey, Vault

SEARCHES_AT_ONCE = 2  # of the four threads that read: whoever searches leaves the others to readers
SEARCHES_A_MINUTE = 60  # from one network, which may be a whole village's


@dataclass(slots=True)
class Remembered:
    """What one process need not ask the database for again; each part is set whole, so that threads need no lock.

    `refused_comment_at` is when the limits last refused one that was asked about here; `salt` is what marks networks by
    the salt of a day, with that day and the id of the key that sealed then.
    """

    looked_for_publications_at: datetime | None = None
    refused_comment_at: datetime | None = None
    salt: tuple[date, str, Keyed] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """Settings, database, keys, sentences and static files of one site; built once by `open_site()`."""

    settings: Settings
    database: Database
    keyring: Keyring
    catalogue: Catalogue
    assets: Assets
    remembered: Remembered = field(default_factory=Remembered, compare=False)
    # Finished pieces of pages, as these settings have them made.
    pieces: Pieces[Ready] = field(default_factory=Pieces, compare=False, repr=False)
    searching: Turns = field(
        default_factory=lambda: Turns(SEARCHES_AT_ONCE, SEARCHES_A_MINUTE), compare=False, repr=False
    )

    @property
    def vault_or_none(self) -> Vault | None:
        """The vault with the keys of this moment, or None where the database knows a key that is not here."""
        return self.keyring.vault

    @property
    def vault(self) -> Vault:
        """The vault, which seals, opens and signs with the keys of this moment.

        Raises NoKey where the database knows a key that is not here: then the site serves reading only.
        """
        vault = self.vault_or_none
        if vault is None:
            raise NoKey("The site's key is missing, so nothing can be sealed. Run `cms doctor`.")
        return vault

    def but(self, **settings: object) -> "Site":
        """Return the same site with some settings changed."""
        changed = dataclasses.replace(self.settings, **settings)  # type: ignore[arg-type]  # names and kinds are the caller's
        return dataclasses.replace(self, settings=changed, pieces=Pieces())
