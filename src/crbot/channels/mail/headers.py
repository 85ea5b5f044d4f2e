"""Header values: from raw bytes to clean text, addresses, parameters, Message-IDs and dates.

Own code, because the standard library's header parser can be made to recurse without end, to take
seconds for one line, and to read two senders as one. Every function here is linear and never raises.
Which headers matter, and for what, is told in `mime`.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from crbot.channels.mail import charsets

MAX_ADDRESSES = 500
MAX_MESSAGE_IDS = 50

_ENCODED_WORD = re.compile(rb"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{0,16})?\?([bBqQ])\?([^?\r\n]*)\?=")
_QUOTED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
# One sender without quotes, comments and encoded words, as most headers hold: nothing in it has a second meaning.
_PLAIN_MAILBOX = re.compile(rb"([A-Za-z0-9 .'-]{0,100}) ?<([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,253})>")
_BARE_MESSAGE_ID = re.compile(r"[^<>\s\"]{1,200}@[^<>\s\"]{1,200}")
_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]]{1,64}")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,10}[^\W_](?:[\w-]{0,61}[^\W_])?")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One entry of an address list."""

    name: str
    address: str | None  # None where none stands there, or more than one could be meant


def unfolded(raw: bytes) -> bytes:
    return raw.replace(b"\r", b" ").replace(b"\n", b" ").strip()


def text_of(raw: bytes) -> str:
    """A header's text on one line: encoded words decoded, other bytes read as UTF-8, else as cp1252."""
    return charsets.clean_line(_with_encoded_words(unfolded(raw)))


def _with_encoded_words(raw: bytes) -> str:
    if b"=?" not in raw:
        return charsets.decoded(raw, "").text
    pieces: list[str] = []
    run: list[bytes] = []  # bytes of neighbouring words in one charset: a character may be cut in two by them
    charset, position = "", 0
    for word in _ENCODED_WORD.finditer(raw):
        between = raw[position : word.start()]
        word_charset = word[1].decode("ascii").casefold()
        is_neighbour = position > 0 and not between.strip()
        if not (is_neighbour and word_charset == charset):
            pieces.append(charsets.decoded(b"".join(run), charset).text)
            run = []
        if not is_neighbour:
            pieces.append(charsets.decoded(between, "").text)
        run.append(_word_bytes(word[2], word[3]))
        charset, position = word_charset, word.end()
    pieces.append(charsets.decoded(b"".join(run), charset).text)
    pieces.append(charsets.decoded(raw[position:], "").text)
    return "".join(pieces)


def _word_bytes(encoding: bytes, encoded: bytes) -> bytes:
    if encoding in b"bB":
        return from_base64(encoded)
    spaced = encoded.replace(b"_", b" ")
    return _QUOTED_BYTE.sub(lambda match: bytes((int(match[1], 16),)), spaced)


_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_NO_BASE64_BYTES = bytes(each for each in range(256) if _NO_BASE64.fullmatch(bytes((each,))))

WEIGHED_BYTES = 4_000
_STRAY_BYTES = 0.08  # a quoting mark or a blank at each line is less, the blanks of a language are more


def is_like_base64(raw: bytes) -> bool:
    """False for plain text that only calls itself base64: what it stands for would be nothing."""
    weighed = raw[:WEIGHED_BYTES].translate(None, b"\r\n=")
    return sum(map(len, _NO_BASE64.findall(weighed))) <= _STRAY_BYTES * len(weighed)


def only_base64(raw: bytes) -> bytes:
    """Without line ends, padding, and whatever else is no base64."""
    return raw.translate(None, _NO_BASE64_BYTES)


def from_base64(raw: bytes) -> bytes:
    """What base64 stands for, as much of it as is whole."""
    data = only_base64(raw)
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""


def mailboxes_of(raw: bytes) -> tuple[Mailbox, ...]:
    """The entries of an address list, in order, at most `MAX_ADDRESSES`.

    An entry in which more than one address could be meant has none.
    """
    line = unfolded(raw)
    plain = _PLAIN_MAILBOX.fullmatch(line)
    if plain and is_address(address := plain[2].decode("ascii")):
        return (Mailbox(_name((plain[1] or b"").decode("ascii")), address),)
    if b"@" not in line and b"=?" in line:  # some programs encode the whole list, against the standard
        line = _with_encoded_words(line).encode("utf-8", "replace")
    entries = _split_list(line.decode("utf-8", "surrogateescape"))
    found = (_mailbox(entry) for entry in entries[:MAX_ADDRESSES])
    return tuple(mailbox for mailbox in found if mailbox.name or mailbox.address)


def _split_list(text: str) -> list[str]:
    """Cut at the commas and semicolons that part entries, and take the names of groups off."""
    entries, start = [], 0
    scan = _Scan()
    for index, character in enumerate(text):
        if scan.is_plain(character) and not scan.in_angle:
            if character in ",;":
                entries.append(text[start:index])
                start = index + 1
            elif character == ":" and text.rfind("@", max(start, index - 320), index) < 0:
                start = index + 1
    entries.append(text[start:])
    return entries


class _Scan:
    """Tells, character by character, what stands outside of quotes and comments."""

    def __init__(self) -> None:
        self.in_quotes = False
        self.in_angle = False
        self.comments = 0
        self._is_escaped = False

    def is_plain(self, character: str) -> bool:
        if self._is_escaped:
            self._is_escaped = False
            return False
        if character == "\\" and (self.in_quotes or self.comments):
            self._is_escaped = True
            return False
        if self.in_quotes:
            self.in_quotes = character != '"'
            return False
        if character == '"' and not self.comments:
            self.in_quotes = True
            return False
        if character == "(":
            self.comments += 1
            return False
        if self.comments:
            self.comments -= character == ")"
            return False
        if character in "<>":
            self.in_angle = character == "<"
        return True


def _mailbox(entry: str) -> Mailbox:
    scan = _Scan()
    plain = [scan.is_plain(character) for character in entry]
    is_whole = not (scan.in_quotes or scan.in_angle or scan.comments)
    bare = "".join(c if p else " " for c, p in zip(entry, plain, strict=True))
    opening, closing = bare.find("<"), bare.find(">")
    if opening < 0:
        words = bare.split()
        name = _name(entry) if "@" not in bare else _name(_outside(entry, plain))
        address = words[0] if len(words) == 1 and is_whole and ")" not in bare else None
        return Mailbox(name, address if address and is_address(address) else None)
    address = entry[opening + 1 : closing].strip() if closing > opening else ""
    is_only_one = bare.count("<") == 1 and bare.count(">") == 1 and not bare[closing + 1 :].strip()
    is_clear = is_whole and is_only_one and ")" not in bare
    return Mailbox(_name(entry[:opening]), address if is_clear and is_address(address) else None)


def _outside(entry: str, plain: list[bool]) -> str:
    """What stands in comments and quotes beside a bare address: older programs put the name there."""
    return "".join(c for c, p in zip(entry, plain, strict=True) if not p)


def _name(text: str) -> str:
    name = text_of(text.encode("utf-8", "surrogateescape"))
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return name.replace("\\", "").strip(" \"'")[:200]


def is_address(text: str) -> bool:
    """A text is one plain mail address, such as can be written to."""
    local, at, domain = text.rpartition("@")
    if not text.isprintable():
        return False
    return bool(at and _LOCAL_PART.fullmatch(local) and len(domain) <= 253 and _DOMAIN.fullmatch(domain))


def message_ids(raw: bytes) -> tuple[str, ...]:
    """The Message-IDs in a header, with their angle brackets, each once, in order."""
    line = charsets.clean_line(unfolded(raw).decode("utf-8", "replace"))
    found = [f"<{match}>" for match in _MESSAGE_ID.findall(line)]
    if not found and _BARE_MESSAGE_ID.fullmatch(line):
        found = [f"<{line}>"]
    return tuple(dict.fromkeys(found))


def date_of(raw: bytes) -> datetime | None:
    """The time that a header names, in UTC; None where it names none that can be."""
    try:
        named = parsedate_to_datetime(raw[:200].decode("ascii", "replace"))
        aware = named if named.tzinfo else named.replace(tzinfo=UTC)
        return aware.astimezone(UTC) if aware.year >= 1970 else None
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def value_and_parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """A header like Content-Type: its value in lower case, and its parameters by lower-case name.

    Parameters that are encoded or cut into pieces (RFC 2231) are put together.
    """
    if not raw:
        return "", {}
    if b";" not in raw:
        return text_of(raw).casefold(), {}
    pieces = _split_parameters(unfolded(raw)[:8000].decode("latin-1"))
    value = charsets.clean_line(pieces[0]).casefold()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for piece in pieces[1:100]:
        name, _, content = piece.partition("=")
        name = name.strip().casefold()
        unquoted = _unquoted(content).encode("latin-1")
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(name, text_of(unquoted))
            continue
        number = rest.rstrip("*")
        is_encoded = name.endswith("*")
        if not number or (number.isascii() and number.isdigit() and len(number) <= 3):
            sections.setdefault(base, {}).setdefault(int(number or 0), (unquoted, is_encoded))
    for base, numbered in sections.items():
        plain[base] = _joined_sections(numbered)
    return value, plain


def _split_parameters(text: str) -> list[str]:
    """Cut at the semicolons outside of quotes."""
    pieces, start, in_quotes, is_escaped = [], 0, False, False
    for index, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif character == "\\" and in_quotes:
            is_escaped = True
        elif character == '"':
            in_quotes = not in_quotes
        elif character == ";" and not in_quotes:
            pieces.append(text[start:index])
            start = index + 1
    return [*pieces, text[start:]]


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    inner = text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
    return inner.replace('\\"', '"').replace("\\\\", "\\")


def _joined_sections(numbered: dict[int, tuple[bytes, bool]]) -> str:
    charset = ""
    joined = []
    for number in sorted(numbered):
        content, is_encoded = numbered[number]
        if is_encoded and number == min(numbered) and content.count(b"'") >= 2:
            declared, _, content = content.split(b"'", 2)
            charset = declared.decode("latin-1")
        joined.append(unquote_to_bytes(content) if is_encoded else content)
    return charsets.clean_line(charsets.decoded(b"".join(joined), charset).text)
