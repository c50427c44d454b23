"""For what reasons a reader reports a comment."""

from enum import StrEnum


class ReportReason(StrEnum):
    """What a reader has against a published comment."""

    RUDE = "rude"
    FALSE = "false"
    PRIVATE = "private"
    ADVERT = "advert"
    UNLAWFUL = "unlawful"
    OTHER = "other"


REPORT_SENTENCES = {
    ReportReason.RUDE: "It insults or threatens somebody",
    ReportReason.FALSE: "It spreads what is not true",
    ReportReason.PRIVATE: "It tells something private about a person",
    ReportReason.ADVERT: "It is an advertisement",
    ReportReason.UNLAWFUL: "It is against the law",
    ReportReason.OTHER: "Something else",
}
REPORT_MAX_CHARS = 500  # of what a reader adds to her reason
