"""The one site that this process serves, which every action takes as its first argument."""

import dataclasses
from dataclasses import dataclass, field
from datetime import date, datetime

from cms.answering.content_cache import ContentCache
from cms.answering.written import Fragment
from cms.assets import Assets
from cms.config import Settings
from cms.db import Database
from cms.keys.keyring import Keyring
from cms.languages import Catalogue
from cms.serving.turns import Turns
from cms.vault import Keyed, NoKey, Vault

SEARCHES_AT_ONCE = 2  # of the four threads that read, so that searches leave the others to readers
SEARCHES_A_MINUTE = 60  # from one network, which may be a whole village's


@dataclass(slots=True)
class Remembered:
    """What one process need not ask the database for again; each attribute is replaced whole, so no lock is needed.

    `refused_comment_at` is when the limits last refused a comment of this process. `salt` makes the marks of networks for
    one day; with it stand that day and the id of the key that sealed its salt.
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
    # Parts of pages, made under these settings.
    fragments: ContentCache[Fragment] = field(default_factory=ContentCache, compare=False, repr=False)
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
        return dataclasses.replace(self, settings=changed, fragments=ContentCache())
