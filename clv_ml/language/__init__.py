"""The languages in which the package speaks to people: words, numbers, amounts of money and dates.

A message is its English text, looked up in gettext catalogues at ``locale/<language>/LC_MESSAGES/<domain>.po``. They
are read as they are: there is nothing to compile. What a catalogue lacks, or marks as fuzzy, is said in English.

To add a language, add no code:

1. Make a folder ``clv_ml/language/locale/<language>/LC_MESSAGES``, named as in CLDR: ``de``, ``pt_BR``. A folder of a
   country (``ar_JO``) needs only what differs from that of its language; its month names and symbols are its own.
2. Copy the ``.po`` files of ``ar`` into it, set ``Language`` and ``Plural-Forms`` in their headers (gettext's manual
   lists the rules), and write every ``msgstr`` anew: the comments say where each message stands.
3. ``words.po`` also holds the digits and the form of a date, and wants local ones. Symbols, month names and the place
   of a currency come from CLDR.
4. Keep the {placeholders}; order and wording are free. A plural form that stands for one number only may leave out {n}.
5. Run ``pytest tests/test_language_catalogues.py``: it names each message that is missing, fuzzy, or differs in its
   placeholders. The config then knows the language: ``--set output.language=de``.

In the code, write the English text where it is said, as a literal: ``words.say("Last order {when}.", when=...)``, or
``words.counted("{n} order", "{n} orders", n)``. A text that is chosen elsewhere is marked there by :func:`message`.
"""

from clv_ml.language.folders import LOCALE, SOURCE, languages
from clv_ml.language.words import MISSING, Words, message, words

__all__ = ["LOCALE", "MISSING", "SOURCE", "Words", "languages", "message", "words"]
