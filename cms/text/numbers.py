"""Whole numbers as they stand in addresses and in the fields of forms."""

ID_MAX = 2**31 - 1  # no id is above it: PostgreSQL keeps ids as INTEGER
ID_DIGITS = 9  # that always fit into an INTEGER
MOST_DIGITS = 18  # that always fit into a BIGINT


def whole_number(text: str, digits: int = MOST_DIGITS) -> int | None:
    """Return the number that `text` is, None where it is not one to `digits` ASCII digits and nothing else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def number_or_0(text: str, digits: int = MOST_DIGITS) -> int:
    """Return the number that `text` is, 0 for none: where nothing is numbered 0 that needs no case of its own."""
    return whole_number(text, digits) or 0
