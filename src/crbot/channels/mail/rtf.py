"""Rich text, as Outlook packs it, to the words that a reader sees.

Linear, and never raises. Fonts, pictures and whatever else is no text is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from crbot.channels.mail import charsets

MAX_BYTES = 2_000_000
_MAX_DEPTH = 200

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z'])|([{}])|([^\\{}\r\n]+)", re.DOTALL
)
_LINE_ENDS = frozenset({b"par", b"line", b"row", b"sect", b"page"})
_CHARACTERS = {
    b"bullet": "•",
    b"cell": "\t",
    b"emdash": "—",
    b"endash": "–",
    b"ldblquote": "“",
    b"lquote": "‘",
    b"rdblquote": "”",
    b"rquote": "’",
    b"tab": "\t",
}
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
# Groups that hold no words; so does every one that begins with \*.
_WORDLESS = frozenset(
    b"colortbl falt field_inst fldinst fonttbl footer footerf footerl footerr ftncn header headerf headerl headerr info "
    b"listoverridetable listtable nonshppict object objdata pict revtbl rsidtbl stylesheet themedata xmlnstbl".split()
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader sees, and what is marked as hidden."""

    text: str
    hidden: str = ""
    is_cut: bool = False


NOTHING = Shown("")


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group."""

    is_wordless: bool = False
    is_hidden: bool = False
    replacements: int = 1  # how many characters stand behind a \\u for readers that don't know it


def shown(raw: bytes) -> Shown:
    """The words of a rich text."""
    reading = _Reading()
    for token in _TOKEN.finditer(raw[:MAX_BYTES]):
        reading.take(token)
    reading.flush()
    return Shown(_whole(reading.seen), _whole(reading.hidden), is_cut=len(raw) > MAX_BYTES)


def _whole(pieces: list[str]) -> str:
    """Put together; characters beyond the first 65,536 come as two."""
    return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Reading:
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.hidden: list[str] = []
        self._states = [_State()]
        self._charset = "cp1252"
        self._bytes = bytearray()  # a character may be of several of them
        self._to_skip = 0
        self._depth_beyond = 0

    def take(self, token: re.Match[bytes]) -> None:
        word, number, byte, symbol, brace, run = token.groups()
        if byte or run:
            self._take_bytes(bytes.fromhex(byte.decode("ascii")) if byte else run)
            return
        self.flush()
        if brace:
            self._take_brace(brace)
        elif symbol == b"*":
            self._states[-1] = replace(self._states[-1], is_wordless=True)
        elif symbol:
            self._show(_SYMBOLS.get(symbol, ""))
        else:
            self._take_word(word, int(number) if number else None)

    def flush(self) -> None:
        """Read the bytes that are gathered."""
        if self._bytes:
            self._show(charsets.decoded(bytes(self._bytes), self._charset).text)
            self._bytes.clear()

    def _take_bytes(self, raw: bytes) -> None:
        skipped = min(self._to_skip, len(raw))
        self._to_skip -= skipped
        self._bytes += raw[skipped:]

    def _take_brace(self, brace: bytes) -> None:
        self._to_skip = 0
        if brace == b"{":
            if len(self._states) < _MAX_DEPTH:
                self._states.append(self._states[-1])
            else:
                self._depth_beyond += 1
        elif self._depth_beyond:
            self._depth_beyond -= 1
        elif len(self._states) > 1:
            self._states.pop()

    def _take_word(self, word: bytes, number: int | None) -> None:
        if word in _WORDLESS:
            self._states[-1] = replace(self._states[-1], is_wordless=True)
        elif word in _LINE_ENDS:
            self._show("\n")
        elif word in _CHARACTERS:
            self._show(_CHARACTERS[word])
        elif word == b"u" and number is not None:
            self._show(chr(number % 0x10000))
            self._to_skip = self._states[-1].replacements
        elif word == b"uc" and number is not None:
            self._states[-1] = replace(self._states[-1], replacements=max(0, min(number, 8)))
        elif word == b"v":
            self._states[-1] = replace(self._states[-1], is_hidden=number != 0)
        elif word == b"plain":
            self._states[-1] = replace(self._states[-1], is_hidden=False)
        elif word == b"ansicpg" and number:
            self._charset = "utf-8" if number == 65001 else f"cp{number}"

    def _show(self, text: str) -> None:
        state = self._states[-1]
        if not state.is_wordless:
            (self.hidden if state.is_hidden else self.seen).append(text)


# --- how it is packed: [MS-OXRTFCP]

_HEAD_BYTES = 16
_COMPRESSED = b"LZFu"
_WINDOW_BYTES = 4096
_KNOWN = (  # what every text is taken to begin with
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans "
    b"SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(raw: bytes) -> bytes:
    """A rich text out of its packing, as far as that is whole, at most `MAX_BYTES` and a little more."""
    packed = raw[_HEAD_BYTES:]
    if raw[8:12] != _COMPRESSED:
        return packed
    told = bytearray(_KNOWN)
    end = len(_KNOWN) + MAX_BYTES
    position = 0
    while position < len(packed) and len(told) <= end:
        flags, position = packed[position], position + 1
        for bit in range(8):
            if not flags >> bit & 1:
                told += packed[position : position + 1]
                position += 1
                continue
            reference = int.from_bytes(packed[position : position + 2], "big")
            position += 2
            # Places are told in a ring of 4096 bytes: as far back as the writing place is ahead of it.
            back = (len(told) - (reference >> 4)) % _WINDOW_BYTES
            if back == 0 or position > len(packed):  # the end: it points to where nothing is written yet
                return bytes(told[len(_KNOWN) :])
            for _ in range((reference & 15) + 2):
                told.append(told[-back] if back <= len(told) else 0x20)
    return bytes(told[len(_KNOWN) :])
