"""The words of the filter: what each field is called, and each signal in short."""

from cms.comments.signals import HoldCode

FILTER_SENTENCES = {
    "lane": "in the lane",
    "article": "of one article",
    "section": "of one section",
    "older_hours": "waiting for more hours than",
    "newer_hours": "waiting for less hours than",
    "reason": "held because of",
    "score_from": "score from",
    "commenter": "of one commenter",
    "network": "from one network",
    "host": "with a link to",
    "language": "in the language",
    "words": "with the words",
    "campaign": "near-copies of one text",
    "equal_to": "saying exactly the same",
}
SIGNAL_SENTENCES = {
    HoldCode.LINKS: "Links",
    HoldCode.TRAP: "The hidden field",
    HoldCode.NO_ORIGIN: "Unknown origin",
    HoldCode.CAPITALS: "Capitals",
    HoldCode.ADDRESS_IN_TEXT: "Own address in the text",
    HoldCode.WORDS: "Words like spam",
    HoldCode.BAD_HOSTS: "Hosts known from spam",
    HoldCode.COPIES: "Near-copies",
    HoldCode.SPAM_COPIES: "Copies of spam",
    HoldCode.COPIED_PARENT: "Repeats what it answers",
    HoldCode.BURST: "Many from one network",
    HoldCode.HASTE: "Written in seconds",
    HoldCode.DISGUISED: "Disguised letters",
    HoldCode.SPACED: "Letter by letter",
    HoldCode.PHONES: "Telephone numbers",
    HoldCode.ADDRESSES: "E-mail addresses",
    HoldCode.NAME_LINK: "A link as a name",
    HoldCode.STAFF_NAME: "A name like one of the staff",
    HoldCode.THREAD_NAME: "A name like another reader",
    HoldCode.FOREIGN: "Another script",
}
