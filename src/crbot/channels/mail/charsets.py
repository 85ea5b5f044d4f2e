"""Bytes → text, whatever a mail says of its charset.

Which bytes are text at all is decided in `mime`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# Names that mail programs write and Python does not know.
_ALIASES = {
    "ansi_x3.4-1968": "ascii",
    "cp-850": "cp850",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "macintosh": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "windows-874": "cp874",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "x-sjis": "cp932",
    "x-x-big5": "big5hkscs",
}
# Charsets under whose name a larger one is sent in practice; browsers read them alike.
_WIDER = {
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-1": "cp1252",
    "iso8859-11": "cp874",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
}
# Text codecs that stand for no charset; punycode is quadratic besides.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_SAYS_NOTHING = frozenset({"", "unknown", "x-unknown", "unknown-8bit", "default", "_autodetect", "none"})
_READ_AS_ASCII = _SAYS_NOTHING | {
    "us-ascii",
    "utf-8",
    "iso-8859-1",
    "windows-1252",
}  # the usual ones, at once
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,39}")
_ESCAPED_JAPANESE = b"\x1b$"
_FEW = 100  # of this many characters one may be wrong before the charset itself is doubted

# Control characters but tab and line end, marks that turn the direction of writing, and characters
# without width, which would part a word unseen. The joiners U+200C and U+200D stay: scripts need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n|\r|\x0b|\x0c|\x85|\u2028|\u2029")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text out of bytes."""

    text: str
    is_damaged: bool = False  # some bytes gave no character
    doubt: str = ""  # for staff: why it was not read as declared


def decoded(raw: bytes, declared: str) -> Decoded:
    """Read bytes as the declared charset, else as UTF-8, else as Windows' cp1252, and say so.

    Never raises; what gives no character becomes U+FFFD.
    """
    name = declared.strip().strip("\"'").casefold()
    if name in _READ_AS_ASCII and raw.isascii() and b"\x1b" not in raw:
        return Decoded(raw.decode("ascii"))
    codec = _codec(name)
    if codec is None and name not in _SAYS_NOTHING:
        doubt = f"The charset {clean_line(name)[:40]!r} is unknown"
    else:
        doubt = ""
    if _ESCAPED_JAPANESE in raw and codec in (None, "ascii", "utf-8"):
        codec = "iso2022_jp_ext"
    for candidate in (codec, "utf-8"):
        text = _strictly(raw, candidate) if candidate else None
        if text is not None:
            return Decoded(text, doubt=f"{doubt}; read as UTF-8" if doubt else "")
    return _as_well_as_may_be(raw, codec, doubt)


def _as_well_as_may_be(raw: bytes, codec: str | None, doubt: str) -> Decoded:
    for candidate in (codec, "utf-8"):
        text = _leniently(raw, candidate) if candidate else None
        if text is not None and text.count("\ufffd") * _FEW <= len(text):
            return Decoded(text, is_damaged=True, doubt=doubt or f"Some characters are no {candidate}")
    text = raw.decode("cp1252", "replace")
    said = doubt or (f"The text is no {codec}" if codec else "No charset is declared")
    return Decoded(text, is_damaged="\ufffd" in text, doubt=f"{said}; read as cp1252")


def _codec(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        info = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    # Codecs that are none of text (zip, hex) are also found by name, and zip bombs with them.
    if not info._is_text_encoding or info.name in _NO_CHARSETS:  # noqa: SLF001  (there is no public question)
        return None
    return _WIDER.get(info.name, info.name)


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except ValueError:
        return None


def _leniently(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec, "replace")
    except ValueError:  # a few codecs raise even so
        return None


def clean_text(text: str) -> str:
    """The text with plain line ends, and without characters that nobody sees."""
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str) -> str:
    """The text on one line, safe to be put into a header, a log line or a page."""
    if not (text.isascii() and text.isprintable()):
        text = _UNSEEN.sub("", _LINE_ENDS.sub(" ", text))
    return " ".join(text.split())
