"""The words of the dashboard: verdicts, states, deeds and who did them, keys, filters, signals in short, policies."""

from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode
from cms.moderation.policies import Effect, PolicyKind, Which
from cms.moderation.rules import OPERATOR, EntryKind, Verdict

VERDICT_SENTENCES = {
    Verdict.APPROVE: "Approve",
    Verdict.REJECT: "Reject",
    Verdict.SPAM: "Spam",
    Verdict.HOLD: "Hold",
}
VERDICT_KEYS = {Verdict.APPROVE: "a", Verdict.REJECT: "r", Verdict.SPAM: "s", Verdict.HOLD: "h"}
SAID_SENTENCES = {  # as soon as the button is pressed
    Verdict.APPROVE: "Approved: comment by %(name)s",
    Verdict.REJECT: "Rejected: comment by %(name)s",
    Verdict.SPAM: "Marked as spam: comment by %(name)s",
    Verdict.HOLD: "Left waiting: comment by %(name)s",
}
ANYWAY_SENTENCES = {
    Verdict.APPROVE: "Approve all the same",
    Verdict.REJECT: "Reject all the same",
    Verdict.SPAM: "Mark as spam all the same",
    Verdict.HOLD: "Hold all the same",
}
DONE_SENTENCES = {
    Verdict.APPROVE: "Approved: %(number)s.",
    Verdict.REJECT: "Rejected: %(number)s.",
    Verdict.SPAM: "Marked as spam: %(number)s.",
    Verdict.HOLD: "Held: %(number)s.",
}
UNDONE_SENTENCES = {EntryKind.UNDONE: "Undone: %(number)s."}
STATUS_SENTENCES = {
    CommentStatus.HELD: "Held",
    CommentStatus.APPROVED: "Approved",
    CommentStatus.REJECTED: "Rejected",
    CommentStatus.SPAM: "Spam",
}
EMPTY_SENTENCES = {
    CommentStatus.HELD: "Nothing is waiting.",
    CommentStatus.APPROVED: "Nothing has been approved yet.",
    CommentStatus.REJECTED: "Nothing has been rejected.",
    CommentStatus.SPAM: "Nothing has been called spam.",
}
DEED_SENTENCES = {
    EntryKind.SUBMITTED: "Submitted",
    EntryKind.IMPORTED: "Imported",
    EntryKind.DECIDED: "Decided",
    EntryKind.UNDONE: "Undone",
    EntryKind.EDITED: "Edited",
    EntryKind.REVISED: "Edit published",
    EntryKind.KEPT: "Edit refused",
    EntryKind.WITHDRAWN: "Withdrawn",
    EntryKind.ASKED: "Asked for a second look",
    EntryKind.ERASED: "Erased",
    EntryKind.REPLIED: "Reply by staff",
    EntryKind.FEATURED: "Featured",
    EntryKind.UNFEATURED: "No longer featured",
    EntryKind.CORRECTED: "Corrected",
    EntryKind.ESCALATED: "Escalated to an editor",
    EntryKind.RETURNED: "Taken off the editors' list",
    EntryKind.REPORTED: "Reported",
}
ACTOR_SENTENCES: dict[str, str] = {  # who acted where nobody of staff did
    EntryKind.SUBMITTED: "The writer",
    EntryKind.IMPORTED: "Import",
    EntryKind.DECIDED: "A policy",
    EntryKind.UNDONE: "A policy",
    EntryKind.EDITED: "The writer",
    EntryKind.REVISED: "A policy",
    EntryKind.KEPT: "A policy",
    EntryKind.WITHDRAWN: "The writer",
    EntryKind.ASKED: "The writer",
    EntryKind.ERASED: "The writer",
    **dict.fromkeys(
        (EntryKind.REPLIED, EntryKind.FEATURED, EntryKind.UNFEATURED, EntryKind.CORRECTED), "A policy"
    ),
    **dict.fromkeys((EntryKind.ESCALATED, EntryKind.RETURNED), "A policy"),
    EntryKind.REPORTED: "Readers",
    OPERATOR: "Whoever runs the site",
}
ACTOR_CODES: dict[str, str] = {  # the same for programs, in the CSV
    EntryKind.SUBMITTED: "writer",
    EntryKind.IMPORTED: "import",
    EntryKind.DECIDED: "policy",
    EntryKind.UNDONE: "policy",
    EntryKind.EDITED: "writer",
    EntryKind.REVISED: "policy",
    EntryKind.KEPT: "policy",
    EntryKind.WITHDRAWN: "writer",
    EntryKind.ASKED: "writer",
    EntryKind.ERASED: "writer",
    **dict.fromkeys(
        (EntryKind.REPLIED, EntryKind.FEATURED, EntryKind.UNFEATURED, EntryKind.CORRECTED), "policy"
    ),
    **dict.fromkeys((EntryKind.ESCALATED, EntryKind.RETURNED), "policy"),
    EntryKind.REPORTED: "readers",
    OPERATOR: "operator",
}
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
