"""Honest readers and bots, who write what chance makes of a small grammar."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

CARRIER = "100.64.7"  # a network that a tenth of the honest share
BROWSERS = tuple(f"Mozilla/5.0 ({system}) {name}" for system in ("X11", "Mac", "Phone") for name in "ABCDE")
_WHO = "My neighbour|The driver|Our teacher|A friend at the council|The baker|My aunt|Half our street".split(
    "|"
)
_DID = "told us|remembers|still doubts|was glad to read|cannot believe|has long said|asked me".split("|")
_THAT = (
    "that the bridge was closed in spring|how loud the trams are at night|why the fees went up again|"
    "that nobody counted the old trees|how the market looked before|that the ferry is late each Monday|"
    "who paid for the new roof|what the mayor promised in June"
).split("|")
_AND = (
    "I would like to see the figures.|Thank you for asking.|It is not so simple, I think.|Perhaps write of it again?|"
    "In our part of town it is the same.|You left out the rent.|We waited two hours ourselves.|That was new to me."
).split("|")
_GOODS = "casino bonus|cheap pills|crypto profit|designer watches|fast loans|hot dates".split("|")
_CALLS = "Click here|Order today|Sign up now|Get it free|Do not wait|Limited offer".split("|")


@dataclass(frozen=True)
class Message:
    """A comment with its sender; `kind` is `honest` or what sort of bot sends it."""

    kind: str
    article: str
    address: str
    browser: str
    name: str
    email: str
    text: str
    trap: str = ""
    is_hasty: bool = False


def honest_message(chance: random.Random, articles: Sequence[str], number: int) -> Message:
    """Return what an honest reader writes."""
    text = " ".join(
        f"{chance.choice(_WHO)} {chance.choice(_DID)} {chance.choice(_THAT)}. {chance.choice(_AND)}"
        for _ in range(chance.randint(1, 3))
    )
    shared = chance.random() < 0.1
    address = f"{CARRIER}.{number % 250}" if shared else f"20.{number >> 8 & 255}.{number & 255}.7"
    person = (
        f"{chance.choice('ABCDEGHIKLMNORSTUVY')}{chance.choice(('nna', 'li', 'ora', 'ijk', 'omas'))} {number}"
    )
    email = f"reader{number}@example.org"
    return Message("honest", chance.choice(articles), address, chance.choice(BROWSERS), person, email, text)


def bot_messages(chance: random.Random, articles: Sequence[str]) -> Iterator[Message]:
    """Give what bots send, without end, each kind as often as any other."""
    number = 0
    while True:
        for kind, words in _KINDS.items():
            number += 1
            one_mark = kind == "burst"
            address = "203.0.113.9" if one_mark else f"45.{number >> 8 & 255}.{number & 255}.3"
            yield Message(
                kind=kind,
                article=chance.choice(articles),
                address=address,
                browser=chance.choice(BROWSERS),
                name="Cleo" if kind == "spoofer" else f"{chance.choice(_GOODS).title()} {number}",
                email=f"bot{number}@example.net",
                text=words(chance, number),
                trap="https://win.example" if kind == "trap" else "",
                is_hasty=kind in {"hasty", "campaign"},
            )


def _advert(chance: random.Random, number: int) -> str:
    host = f"https://{chance.choice(_GOODS).replace(' ', '-')}{number % 9}.example/win"
    return f"{chance.choice(_CALLS)}: {chance.choice(_GOODS)}! {host}"


def _links(chance: random.Random, number: int) -> str:
    return " ".join(_advert(chance, number + more) for more in range(3))


def _campaign(chance: random.Random, number: int) -> str:
    greeting = chance.choice(("Hello", "Hi", "Good day", "Dear all"))
    return (
        f"{greeting}, I earned nine thousand in one month from home with this simple system that a banker showed to my "
        f"family, and you can do so too: look at https://earn.example/join today, number {number % 7}."
    )


def _spun(chance: random.Random, number: int) -> str:
    praise = chance.choice(("Great", "Amazing", "Wonderful", "Superb"))
    what = chance.choice(("article", "post", "blog", "write-up"))
    return (
        f"{praise} {what}! I {chance.choice(('always', 'daily', 'often'))} visit. {_advert(chance, number)}"
    )


_KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "trap": _advert,
    "hasty": _advert,
    "burst": _advert,
    "campaign": _campaign,
    "links": _links,
    "spoofer": _advert,
    "spun": _spun,
}
