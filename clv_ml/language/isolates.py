"""Text of unknown origin inside a sentence: it cannot turn the words around it.

Unicode's isolates keep a piece of text that runs the other way together (UAX #9, section 2.4.2).
"""

from __future__ import annotations

import re
import unicodedata

from clv_ml.language.values import plain

_OPEN, _CLOSE = "\u2066\u2067\u2068", "\u2069"
_FIRST_STRONG = "\u2068"
_EMBEDDINGS = "\u202a\u202b\u202c\u202d\u202e"
_CONTROLS = str.maketrans(dict.fromkeys(_OPEN + _CLOSE + _EMBEDDINGS, ""))
# a line or a paragraph that ends inside a sentence ends its isolates too
_ENDS = str.maketrans(dict.fromkeys("\n\t\u2028\u2029", " "))
# bidirectional classes that run against the sentence; a Latin number is among them in Arabic, because its parts
# ("+962 7 9123 4567") would stand in the wrong order, and local digits do not belong to that class
_AGAINST = {"ltr": {"R", "AL", "AN"}, "rtl": {"L", "EN"}}
# what most values consist of and needs no closer look: here Hebrew and Arabic with their digits and signs
_HARMLESS = {
    "ltr": re.compile(r"[ -~\u00a0—−–]*"),
    "rtl": re.compile(r"[\u0590-\u06ef\u200e\u200f\u00a0—−– !-/:-@]*"),
}


def isolated(value: object, direction: str) -> str:
    """Return text that is safe inside a sentence of that direction.

    It is put between isolates where it runs the other way, loses its own directional controls where they are not
    paired, and stays on one line.

    Examples
    --------
    >>> isolated("A-17", "ltr"), isolated("A-17", "rtl") == chr(0x2068) + "A-17" + chr(0x2069)
    ('A-17', True)
    """
    if isinstance(value, str) and _HARMLESS[direction].fullmatch(value):
        return "" if value.isspace() else value
    text = plain(value).translate(_ENDS)
    if not text.translate(_CONTROLS).strip():
        return ""
    if not _balanced(text):
        text = text.translate(_CONTROLS)
    depth = 0
    for character in text:
        if character in _OPEN:
            depth += 1
        elif character == _CLOSE:
            depth -= 1
        elif depth == 0 and unicodedata.bidirectional(character) in _AGAINST[direction]:
            return f"{_FIRST_STRONG}{text}{_CLOSE}"
    return text


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        if character in _EMBEDDINGS:
            return False
        depth += (character in _OPEN) - (character == _CLOSE)
        if depth < 0:
            return False
    return depth == 0
