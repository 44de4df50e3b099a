"""The last line of defence before a log: passwords, tokens, e-mail addresses and phone numbers are taken out of texts.

The first one is that nothing puts them there. Better too much is hidden than too little.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"

# user:password@ of an address; a password may hold @ and /, so everything up to the last @ of the word goes
# (lengths are bounded everywhere: without, a long word takes minutes)
_CREDENTIALS = re.compile(r"(?i)([a-z0-9+.-]{1,20}://)\S{0,1000}@")
_SECRET = re.compile(
    r"(?i)([\w-]{0,40}(?:passwor[dt]|passwd|passphrase|\bpwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|authorization)[\w-]{0,40}[\"']?\s{0,9}[=:]\s{0,9})"
    r"(\"[^\"]*\"|'[^']*'|(?:bearer|basic)\s+\S+|[^\s,;&}\])]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
_WORD = r"[^\s@<>\"'`,;:=()\[\]{}/\\|]"
_EMAIL = re.compile(rf"{_WORD}{{1,64}}(?:@|%40|\(at\)){_WORD}{{1,255}}\.[^\W\d_]{{2,}}")
_PHONE = re.compile(
    r"(?<![\w.:/+-])(?<!run_id=)(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ ().\u2011/-]{0,2}\d){7,13}"  # +44 (0)7700 900123
    r"|\(?\d{3}\)?[ .\u2011-]\d{3}[ .\u2011-]\d{4}"  # (212) 555-0123
    r"|\(?0\d{2,4}\)?[ /\u2011-]\d{3,4}[ \u2011-]?\d{2,5}"  # 07700 900123
    r"|0\d{9,12}"  # 07700900123
    r")(?![\w-]|\.\d)"
)


def without_credentials(value: Any) -> Any:
    """Return a tree of plain values in which no address holds a user or a password.

    Examples
    --------
    >>> without_credentials({"sources": ["postgresql://bob:s3cret@db/shop"]})
    {'sources': ['postgresql://***@db/shop']}
    """
    if isinstance(value, dict):
        return {key: without_credentials(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_credentials(inner) for inner in value]
    return _CREDENTIALS.sub(rf"\1{HIDDEN}@", value) if isinstance(value, str) else value


def redacted(text: str) -> str:
    """Return a text without passwords, tokens, e-mail addresses and phone numbers.

    Examples
    --------
    >>> redacted("cannot reach postgresql://bob:s3cret@db/shop: ask ann@example.org")
    'cannot reach postgresql://***@db/shop: ask ***'
    """
    text = _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _EMAIL.sub(HIDDEN, text)
    return _PHONE.sub(HIDDEN, text)
