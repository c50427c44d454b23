"""What adverts do whatever they sell: ask, offer, name a place of their own, give numbers, hide letters.

Words of an advert are learnt, and another advert uses others; what it does with them stays. So this is known from the
start. The lists are our own and short: words that few people write who only have something to say.
"""

import math
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from cms.comments.habits import Habits
from cms.comments.lookalikes import plain

PRICE = re.compile(r"[£$€₹]\s?\d|\d\s?(?:usd|eur|gbp|rs|rp)\b", re.IGNORECASE)
STEP, STEPS = 0.5, 10  # log odds in which a bait is told, and how many of these at most
_LONG_TEXT = 500  # characters; who writes so much has something to say
_COUNTED_TO, _CODES_COUNTED_TO = 8, 3  # a listing of a program is full of what looks like codes
_NEAR = 3  # words from "my" to "channel"
_LONG_NUMBER = re.compile(r"\d\d{4,}(?<!000)")  # a reader's own are round
_CODE = re.compile(r"[^\W_]+")
_DIGIT = re.compile("[0-9]")
_MEASURE = re.compile(
    r"\d+(?:st|nd|rd|th|[kmbx]|am|pm|mm|cm|km|kg|px|ft|s|gb|mb|mp|yrs?|hrs?|min)|[a-z]\d{1,2}", re.IGNORECASE
)


def _listed(words: str) -> frozenset[str]:
    return frozenset(map(plain, words.split()))


_ASKS = _listed(
    "subscribe subscribed subscriber subscribers subscribing sub4sub click visit call txt text reply claim register"
    " signup download follow unsubscribe contact whatsapp telegram dm inbox donate"
    " suscríbete suscribanse sígueme visita clic llama llámame regístrate escríbeme"
    " abonnez abonne cliquez visitez appelez achetez inscrivez contactez"
    " abonniert abonnieren klick klickt klicken besucht bestellen anmelden"
    " abone tıkla tıklayın takip ziyaret inscreva clique visite iscriviti clicca chiama"
    " subskrybuj kliknij zadzwoń abonneer klik bezoek bestel"
    " daftar kunjungi gabung hubungi langganan buktikan rabta raabta"
    " подпишись подписывайтесь подпишитесь переходи переходите жми звоните регистрируйся"
    " اشترك اشتركوا اضغط اتصل زوروا تابعوني سبسکرائب کلک رابطہ सब्सक्राइब क्लिक संपर्क"
    " 加微信 关注 点击 구독 클릭 チャンネル登録 クリック"
)
_OFFERS = _listed(
    "free win winner won prize prizes award awarded cash bonus jackpot discount cheap cheapest guaranteed loan loans"
    " casino betting gamble lottery pills viagra cialis replica escort dating sexy xxx bitcoin crypto forex profits"
    " earning earnings millionaire voucher gift ringtone ringtones unlimited promo promotion seo backlinks"
    " gratis premio préstamo préstamos descuento gratuit gratuite gagnez kostenlos gewinnspiel darlehen rabatt"
    " bedava bahis bonusu indirim grátis ganhe empréstimo desconto guadagna prestito sconto darmowe pożyczka"
    " slot gacor maxwin menang cuan depo deposit wd withdraw situs judi togel hadiah pinjaman jp scatter bandar"
    " taruhan hoki kamao kamayen muft заработок казино ставки бесплатно скидка"
    " اربح مجانا قرض كازينو خصم کمائیں مفت قرضہ मुफ्त लोन 赚钱 免费 贷款 博彩 彩票 무료 대출 카지노 無料"
)
_OWN = _listed("my our mine me mi mein meine ma mon mera mere meri")
_CALLS = _listed(
    "check checkout watch look visit listen subscribe hear view follow support click come go like add help join sub"
    " visita mira mirad escucha regardez écoutez schaut hört besucht izle dinle nonton tonton guarda assista"
)
_PLACES = _listed(
    "channel channels video videos page site website blog cover covers music song songs remix band profile instagram"
    " facebook twitter ig fb youtube shop store link playlist mixtape beats rap canal kanal chaîne canale"
)


@dataclass(frozen=True, slots=True)
class Baits:
    """What was seen of what adverts do.

    `asks` and `offers` count different words. `own_place` tells whether the writer names a channel or page of her own,
    `invites` whether she calls readers there. `strength` sums everything up as log odds; 0 means no bait at all.
    """

    asks: int
    offers: int
    own_place: bool
    invites: bool
    strength: float


def seen(habits: Habits, words: Sequence[str], text: str) -> Baits:
    """Return the baits of a text, whose words are given as they read aloud; linear in its length."""
    said = set(words)
    asks, offers = len(said & _ASKS), len(said & _OFFERS)
    own_place = any(_is_own_place(words, index) for index in _indexes(words, said & _OWN))
    invites = any(_is_invitation(words, index) for index in _indexes(words, said & _CALLS))
    strength = (
        _of_habits(habits)
        + _of_numbers(text)
        + 0.9 * _log(asks)
        + 1.35 * _log(offers)
        + 0.7 * own_place
        + 1.5 * invites
        + 0.7 * (text.count("!") > 2)
        - 3.0 * (len(text) > _LONG_TEXT)
    )
    return Baits(asks, offers, own_place, invites, max(0.0, strength))


def steps(baits: Baits) -> int:
    """Return how many STEPs strong a bait is, 0 to STEPS."""
    return min(STEPS, int(baits.strength / STEP))


def _indexes(words: Sequence[str], sought: Set[str]) -> list[int]:
    return [index for index, word in enumerate(words) if word in sought] if sought else []


def _is_own_place(words: Sequence[str], index: int) -> bool:
    """Tell whether `my channel` or the like stands here."""
    return words[index] in _OWN and not _PLACES.isdisjoint(words[index + 1 : index + 1 + _NEAR])


def _is_invitation(words: Sequence[str], index: int) -> bool:
    """Tell whether a call that stands here is `check out my channel` or `follow me`."""
    behind = range(index + 1, min(index + 1 + _NEAR, len(words)))
    return "me" in words[index + 1 : index + 3] or any(_is_own_place(words, one) for one in behind)


def _of_habits(habits: Habits) -> float:
    return (
        1.6 * _log(habits.disguised)
        + 2.0 * _log(habits.spaced)
        + 1.3 * _log(habits.phones)
        + 1.0 * _log(habits.addresses)
        + 2.0 * bool(habits.name_links)
        + 0.8 * _log(len(habits.hosts))
    )


def _of_numbers(text: str) -> float:
    """Return what prices, long numbers and codes such as `m4xw1n` say; those of an address say nothing."""
    if text.isascii() and not _DIGIT.search(text):
        return 0.0
    said = " ".join([word for word in text.split() if "/" not in word])
    with_digits = [word for word in _CODE.findall(said) if not word.isalpha()]
    if not with_digits:
        return 0.0
    codes = sum(map(_is_code, with_digits))
    return (
        1.3 * _log(min(codes, _CODES_COUNTED_TO))
        + 2.0 * bool(_LONG_NUMBER.search(said))
        + 0.5 * bool(PRICE.search(said))
    )


def _is_code(word: str) -> bool:
    """Tell whether Latin letters stand beside digits in a word, and it is neither a measure nor a name such as `G7`."""
    if word.isdigit() or _MEASURE.fullmatch(word):
        return False
    return any(map(str.isdigit, word)) and any("a" <= letter <= "z" for letter in word.lower())


def _log(count: int) -> float:
    return math.log2(1 + min(count, _COUNTED_TO))
