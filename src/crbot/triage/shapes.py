"""The shaped patterns of triage: ends of sentences, telephone numbers, times, places with a postal code.

All but the ends of sentences run in RE2, whose time grows with the text alone, and over one byte a character, so that
offsets are those of the text; the ends of sentences never go back over what they have passed. Phrases stand in the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.log_errors = False


def _pattern(text: str) -> re2._Regexp:
    return re2.compile(text.encode("latin-1"), _OPTIONS)


def narrow(text: str) -> bytes:
    """One byte for each character; what has no byte of its own becomes a letter that no pattern here looks for."""
    return text.encode("latin-1", "replace")


# Of the standard library, whose matches cost a tenth; in proportion to the length, since nothing is tried twice. What
# has no byte of its own counts as a mark here, but none begins with it.
_MARK = "[.!?\\x85\\u0100-\\U0010ffff]"
_SENTENCE_END = re.compile(rf"{_MARK}(?<!{_MARK}{_MARK}){_MARK}*+[\"')\]*_]*+(?=[ \t\n\f\r]|\Z)")
_PHONE = r"(?:\(\d{3}\) ?|\b\d{3}[-. /])\d{3}[-. ]\d{4}\b|\bext?\.? ?\d{2,5}\b|\b\d{3}-\d{4}\b"
_WEB = r"(?i:\bwww\.|https?://|[a-z0-9._-]@[a-z0-9-]+\.|\.(?:gov|org|com|edu|us|net)\b)"
_POSTAL = r"\b[A-Z][A-Z]\.? {1,2}\d{5}\b|\b\d{5}(?:-\d{4})?$|^\d{1,6} [A-Z]"
_CONTACT = _pattern("|".join((_PHONE, _WEB, _POSTAL)))
_ITEM = _pattern(r"^(?:[-*+\x95\xb7] |\(?(?:\d{1,2}|[a-z]|i{1,3}|iv|v)[.)] ?)")
_CODE = _pattern(r"\b[A-Z][A-Z]\b")
_LOW_CODE = _pattern(r"(?:, |\(|\b(?:pd|police|so|county|dept|department|office),? )([a-z][a-z])\b")
_CLOCK = _pattern(r"\b\d{1,2}[:.]\d\d\b")
_OFFER = _pattern(r"\$ ?\d|https?://|\d ?%")
_YEAR = _pattern(r"\b(?:19|20)\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.]\d\d\b")


def sentence_ends(folded: str) -> Iterator[tuple[int, int]]:
    """Where marks begin that may end a sentence, and where they and the closing quotes after them end."""
    for match in _SENTENCE_END.finditer(folded):
        start, end = match.span()
        if folded[start] in ".!?":
            yield start, end


def codes(text: str) -> Iterator[tuple[int, int]]:
    """Where two capital letters stand alone, as the postal codes of states do."""
    for match in _CODE.finditer(narrow(text)):
        yield match.span()


def low_codes(folded: str) -> Iterator[tuple[int, int]]:
    """Where two letters follow a comma, a bracket, or the end of an agency's name: "hollow pd, vt"."""
    for match in _LOW_CODE.finditer(narrow(folded)):
        yield match.span(1)


def is_contact(text: str) -> bool:
    """Holds a telephone number, an address of mail or web, or a postal address."""
    return bool(_CONTACT.search(narrow(text[:400])))


def _may_be_item(text: str) -> bool:
    """There is one of the characters of an item's mark; most texts have none and cost no search."""
    return text[:1] in "-*+\x95\xb7" or "." in text[:5] or ")" in text[:5]


def is_list_item(text: str) -> bool:
    """Begins with the mark of a list's item: "1.", "(b)", "-", "•"."""
    if text[:1] in "•·▪◦–—" and text[1:2] == " ":
        return True
    return _may_be_item(text) and bool(_ITEM.search(narrow(text[:8])))


def without_item_mark(text: str) -> str:
    """The text after the mark of a list's item, if it begins with one."""
    match = _ITEM.search(narrow(text[:8])) if _may_be_item(text) else None
    return text[match.end() :] if match else text.lstrip("•·▪◦–— ")


def has_clock(text: str) -> bool:
    return bool(_CLOCK.search(narrow(text[:400])))


def has_year(text: str) -> bool:
    return bool(_YEAR.search(narrow(text[:400])))


def has_price_or_link(text: str) -> bool:
    """Names a price or a share of one, or holds the address of a page."""
    return bool(_OFFER.search(narrow(text[:4_000])))
