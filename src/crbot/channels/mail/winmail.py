"""What Outlook packs into a winmail.dat (TNEF): the words of a mail, and the files that came with it.

Source: [MS-OXTNEF]. Every length is held against what is there, so that it takes no longer than its bytes do.
How the words are shown is `mime`'s.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from crbot.channels.mail import charsets, rtf

MAX_BYTES = 50_000_000
MAX_FILES = 100
MAX_DEPTH = 2  # a packed mail within a packed mail is opened, one within that is not

_SIGNATURE = 0x223E9F78
_ATTRIBUTE = struct.Struct(
    "<BHHI"
)  # level, name, type, length; behind the data stands a checksum of two bytes
_HEAD_BYTES, _CHECKSUM_BYTES = 6, 2
_MESSAGE_CLASS, _BODY, _FILE_DATA, _FILE_TITLE, _FILE_BEGINS = 0x8008, 0x800C, 0x800F, 0x8010, 0x9002
_PROPERTIES, _FILE_PROPERTIES, _CODEPAGE = 0x9003, 0x9005, 0x9007

_TEXT, _RTF, _HTML, _INTERNET_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_NAME, _FILE_OBJECT, _SHORT_FILE_NAME, _FILE_NAME = 0x3001, 0x3701, 0x3704, 0x3707
_MESSAGE = (
    b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"  # an object that is a mail itself
)

_FIXED_BYTES = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE = 0x1E, 0x1F
_SIZED = frozenset({_STRING, _UNICODE, 0xD, 0x102})
_MANY = 0x1000
_NAMED = 0x8000
_CHARSETS = {20127: "ascii", 20866: "koi8-r", 28591: "iso-8859-1", 50220: "iso-2022-jp", 65001: "utf-8"}


class NoWinmail(Exception):
    """The bytes are none."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file, as it was packed."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """What was packed; each of the three texts may be missing."""

    message_class: str = ""  # "IPM.Note", "IPM.Schedule.Meeting.Resp.Pos", …
    text: str = ""
    html: str = ""
    rtf: rtf.Shown = rtf.NOTHING
    files: tuple[PackedFile, ...] = ()
    mails: tuple[Packed, ...] = ()  # that were attached


def unpack(raw: bytes, depth: int = 0) -> Packed:
    """Read a winmail.dat as far as it is whole. Raises `NoWinmail`."""
    if len(raw) < _HEAD_BYTES or int.from_bytes(raw[:4], "little") != _SIGNATURE:
        raise NoWinmail
    unpacking = _Unpacking(depth)
    for name, content in _attributes(memoryview(raw)):
        unpacking.take(name, content)
    return unpacking.packed()


def _attributes(raw: memoryview) -> Iterator[tuple[int, bytes]]:
    position = _HEAD_BYTES
    while position + _ATTRIBUTE.size <= len(raw):
        _, name, _, length = _ATTRIBUTE.unpack_from(raw, position)
        position += _ATTRIBUTE.size
        yield name, bytes(raw[position : position + length])
        position += length + _CHECKSUM_BYTES


class _Unpacking:
    """Gathers attribute by attribute."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._charset = "cp1252"
        self._message_class = ""
        self._texts: dict[int, str] = {}
        self._rtf = rtf.NOTHING
        self._files: list[dict[int, str | bytes]] = []
        self._mails: list[Packed] = []

    def packed(self) -> Packed:
        files = (PackedFile(_name_of(file), _content_of(file)) for file in self._files)
        return Packed(
            self._message_class,
            self._texts.get(_TEXT, ""),
            self._texts.get(_HTML, ""),
            self._rtf,
            tuple(files),
            tuple(self._mails),
        )

    def take(self, name: int, content: bytes) -> None:
        if name == _CODEPAGE:
            self._charset = _charset(int.from_bytes(content[:4], "little"))
        elif name == _MESSAGE_CLASS:
            self._message_class = charsets.clean_line(self._decoded(content))
        elif name == _BODY:
            self._texts.setdefault(_TEXT, self._decoded(content))
        elif name == _PROPERTIES:
            self._take_texts(dict(_properties(content)))
        elif name == _FILE_BEGINS and len(self._files) < MAX_FILES:
            self._files.append({})
        elif self._files:
            self._take_file(name, content)

    def _take_texts(self, told: dict[int, tuple[int, bytes]]) -> None:
        codepage = int.from_bytes(told.get(_INTERNET_CODEPAGE, (0, b""))[1][:4], "little")
        if _TEXT in told:
            self._texts[_TEXT] = self._value(*told[_TEXT])
        if _HTML in told:
            charset = _charset(codepage) if codepage else self._charset
            self._texts[_HTML] = charsets.decoded(told[_HTML][1], charset).text.rstrip("\0")
        if _RTF in told:
            self._rtf = rtf.shown(rtf.decompressed(told[_RTF][1]))

    def _take_file(self, name: int, content: bytes) -> None:
        file = self._files[-1]
        if name == _FILE_DATA:
            file[_FILE_DATA] = content
        elif name == _FILE_TITLE:
            file[_SHORT_FILE_NAME] = self._decoded(content)
        elif name == _FILE_PROPERTIES:
            told = dict(_properties(content))
            file.update({each: self._value(*told[each]) for each in _NAMES & told.keys()})
            self._take_object(told.get(_FILE_OBJECT, (0, b""))[1])

    def _take_object(self, content: bytes) -> None:
        is_mail = content.startswith(_MESSAGE)
        packed = content[len(_MESSAGE) :] if is_mail else content
        if packed:
            self._files[-1].setdefault(_FILE_DATA, packed)
        if is_mail and self._depth < MAX_DEPTH:
            try:
                self._mails.append(unpack(packed, self._depth + 1))
            except NoWinmail:
                return

    def _value(self, kind: int, content: bytes) -> str:
        if kind == _UNICODE:
            return content.decode("utf-16-le", "replace").rstrip("\0")
        return self._decoded(content)

    def _decoded(self, content: bytes) -> str:
        return charsets.decoded(content.rstrip(b"\0"), self._charset).text


_NAMES = frozenset({_FILE_NAME, _SHORT_FILE_NAME, _NAME})


def _name_of(file: dict[int, str | bytes]) -> str:
    named = (file.get(each) for each in (_FILE_NAME, _SHORT_FILE_NAME, _NAME))
    return next((each for each in named if isinstance(each, str) and each), "")


def _content_of(file: dict[int, str | bytes]) -> bytes:
    content = file.get(_FILE_DATA, b"")
    return content if isinstance(content, bytes) else b""


def _charset(codepage: int) -> str:
    return _CHARSETS.get(codepage, f"cp{codepage}")


def _properties(raw: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Name, kind and first value of each property, as far as they are whole and of a kind that is known."""
    reading = _Reading(raw)
    try:
        for _ in range(reading.number()):
            kind, name = reading.number(2), reading.number(2)
            if name >= _NAMED:
                reading.skip(16)
                reading.skip(4 if reading.number() == 0 else _padded(reading.number()))
            values = list(reading.values(kind))
            if values:
                yield name, (kind & ~_MANY, values[0])
    except EOFError:
        return


class _Reading:
    """Goes through the bytes of properties. Raises EOFError behind their end."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._position = 0

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def take(self, size: int) -> bytes:
        end = self._position + size
        if end > len(self._raw):
            raise EOFError
        taken = self._raw[self._position : end]
        self._position = end
        return taken

    def skip(self, size: int) -> None:
        self._position += size

    def values(self, kind: int) -> Iterator[bytes]:
        single = kind & ~_MANY
        if single in _SIZED:
            for _ in range(self.number()):
                length = self.number()
                yield self.take(length)
                self.skip(_padded(length) - length)
        elif single in _FIXED_BYTES:
            for _ in range(self.number() if kind & _MANY else 1):
                yield self.take(_FIXED_BYTES[single])
        else:
            raise EOFError  # how long it is nobody knows, nor where the next one begins


def _padded(length: int) -> int:
    return length + -length % 4
