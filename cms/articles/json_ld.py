"""Facts about a page as JSON-LD that can stand inside a script element."""

import json
from collections.abc import Mapping

_UNSAFE_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def script_text(facts: Mapping[str, object]) -> str:
    """Return the content of an `application/ld+json` element, in which no text can end the element."""
    text = json.dumps(facts, ensure_ascii=False)
    return "".join(_UNSAFE_IN_SCRIPT.get(letter, letter) for letter in text)
