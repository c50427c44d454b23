"""Why an editor corrects what a reader wrote, in the words for staff and in those for everybody."""

from enum import StrEnum


class CorrectionReason(StrEnum):
    """Why a comment was corrected: the code that the log keeps, which none of the newsroom's own can be."""

    PRIVATE = "correction:private"
    UNLAWFUL = "correction:unlawful"
    INSULT = "correction:insult"
    LINK = "correction:link"
    SLIP = "correction:slip"


CORRECTION_SENTENCES = {
    CorrectionReason.PRIVATE: "Something private was taken out",
    CorrectionReason.UNLAWFUL: "Something unlawful was taken out",
    CorrectionReason.INSULT: "An insult was taken out",
    CorrectionReason.LINK: "A link was taken out",
    CorrectionReason.SLIP: "A slip was put right",
}
PUBLIC_CORRECTION_SENTENCES = {
    CorrectionReason.PRIVATE: "We took out something private about a person.",
    CorrectionReason.UNLAWFUL: "We took out something that we may not publish by law.",
    CorrectionReason.INSULT: "We took out an insult.",
    CorrectionReason.LINK: "We took out a link.",
    CorrectionReason.SLIP: "We put a slip right.",
}


def correction_reason(code: str) -> CorrectionReason | None:
    """Return the reason with this code, or None."""
    return CorrectionReason(code) if code in set(CorrectionReason) else None
