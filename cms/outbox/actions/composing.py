"""Who writes which kind of letter."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from cms.outbox.actions import asking, confirming, digesting, replying, resetting
from cms.outbox.queries import DueLetter
from cms.outbox.rules import LetterKind, Message
from cms.privacy.actions import proving
from cms.site import Site

# Makes the words of one letter at the moment of sending, in a short transaction that is committed before the letter
# leaves; of letters that go together it is given all. None: there is nothing (any more) to say, and nothing is sent.
Composer = Callable[[Site, Session, tuple[DueLetter, ...], datetime], Message | None]
COMPOSERS: dict[LetterKind, Composer] = {
    LetterKind.MY_COMMENTS: proving.compose,
    LetterKind.OPT_IN: asking.compose,
    LetterKind.REPLY: replying.compose,
    LetterKind.CONFIRM: confirming.compose,
    LetterKind.DIGEST: digesting.compose,
    LetterKind.PASSWORD: resetting.compose,
}
