"""Facts about a page as JSON-LD that can stand inside a script element."""

import json
from collections.abc import Mapping

_UNSAFE_IN_SCRIPT = [(letter, f"\\u{ord(letter):04x}") for letter in "<>&\u2028\u2029"]


def script_text(facts: Mapping[str, object]) -> str:
    """Return the content of an `application/ld+json` element, in which no text can end the element."""
    text = json.dumps(facts, ensure_ascii=False)
    for letter, escape in _UNSAFE_IN_SCRIPT:
        text = text.replace(letter, escape)
    return text
