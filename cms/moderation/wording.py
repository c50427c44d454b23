"""The words of the dashboard's own tools: keys, fields of the filter, signals in short, what policies look at and do."""

from cms.comments.signals import HoldCode
from cms.moderation.policies import Effect, PolicyKind, Which

KEY_SENTENCES = {
    "j ↓": "Next comment",
    "k ↑": "Previous comment",
    "a": "Approve",
    "r": "Reject",
    "s": "Spam",
    "h": "Leave it waiting",
    "1–9": "Choose that reason of the list, before rejecting",
    "e": "Escalate to an editor, or take off the editors' list",
    "n": "Write a note for colleagues",
    "o": "Show what surrounds it",
    "w": "Write a reply",
    "x": "Tick",
    "/": "Narrow the queue",
    "u": "Undo the last decision, then the one before it",
    "Esc": "Back to the comment from what is typed",
    "?": "Show the keys",
}
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
    "reported": "reported by readers",
    "campaign": "near-copies of one text",
    "equal_to": "saying exactly the same",
}
KIND_SENTENCES = {
    PolicyKind.COMMENTER: "A commenter",
    PolicyKind.WORDS: "Words",
    PolicyKind.HOSTS: "Hosts of links",
    PolicyKind.ARTICLE: "An article",
    PolicyKind.SECTION: "A section",
    PolicyKind.SCORE: "A score",
    PolicyKind.COPIES: "Copies of a text",
}
EFFECT_SENTENCES = {
    Effect.HOLD: "They wait for a person",
    Effect.SPAM: "They go to the spam folder",
    Effect.REJECT: "They are rejected",
    Effect.CLOSE: "No comments are taken",
}
WHICH_SENTENCES = {
    Which.ALL: "Every comment",
    Which.FIRST: "Comments by writers of whom nothing is published",
    Which.LINKS: "Comments with links",
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
    HoldCode.POLICY: "A policy of the newsroom",
}
