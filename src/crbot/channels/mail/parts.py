"""The structure of a mail: its parts, each with headers and a place in the bytes, within limits.

Own code, because the standard library's parser opens whatever is nested until it falls over, and takes
time by the square of the parts; this one stops at its limits and says so. What a part holds is `mime`'s.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from crbot.channels.mail import headers

MAX_HEADER_BLOCK_BYTES = 256_000
MAX_HEADER_BYTES = 32_000
MAX_HEADERS = 300
MAX_PARTS = 300
MAX_DEPTH = 20
MAX_UNPACKED_BYTES = 50_000_000  # of an encoded mail within the mail, which can't be read where it stands
_PIECE_BYTES = 1_000_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_HEADER = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_FIRST_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200})\r?\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-")


@dataclass
class Budget:
    """What may still be opened of one mail, and what was found wrong on the way."""

    parts: int = MAX_PARTS
    is_cut: bool = False
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail; the root is the mail itself."""

    fields: tuple[tuple[str, bytes], ...]  # (name in lower case, value as it stands, folds in it)
    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    raw: bytes = field(repr=False)
    start: int  # where in `raw` the body lies: [start, end)
    end: int
    children: tuple[Part, ...] = ()

    def first(self, name: str) -> bytes | None:
        return next((value for field_name, value in self.fields if field_name == name), None)

    def all(self, name: str) -> list[bytes]:
        return [value for field_name, value in self.fields if field_name == name]

    @property
    def main_type(self) -> str:
        return self.content_type.partition("/")[0]

    def content(self, limit: int) -> tuple[bytes, bool]:
        """The body out of its transfer encoding, and whether more than `limit` encoded bytes were left out."""
        encoded = self.raw[self.start : min(self.end, self.start + limit)]
        encoding = self._encoding()
        return _out_of(encoding, encoded), self.end - self.start > limit

    def pieces(self) -> Iterator[bytes]:
        """The whole body out of its transfer encoding, piece by piece: it may be too large to be held twice."""
        encoding, rest = self._encoding(), b""
        for start, end in _cuts(self.raw, self.start, self.end, encoding):
            encoded = rest + self.raw[start:end]
            if encoding == "base64":
                encoded = headers.only_base64(encoded)
                whole = len(encoded) // 4 * 4
                encoded, rest = encoded[:whole], encoded[whole:]
            yield _out_of(encoding, encoded)
        if rest:
            yield headers.from_base64(rest)

    def mail_within(self, budget: Budget, depth: int) -> Part:
        """The mail that this part holds, read where it stands if it is not encoded. Never raises."""
        if self._encoding() == "":
            return _part(self.raw, self.start, self.end, "text/plain", budget, depth, is_mail=True)
        content, is_cut = self.content(MAX_UNPACKED_BYTES)
        budget.is_cut |= is_cut
        return split(content, budget, depth)

    def _encoding(self) -> str:
        """How the body is encoded; "" for one that stands as it is, whatever it calls itself."""
        named = headers.value_and_parameters(self.first("content-transfer-encoding") or b"")[0]
        if named == "base64":
            sample = self.raw[self.start : min(self.end, self.start + headers.WEIGHED_BYTES)]
            return named if headers.is_like_base64(sample) else ""
        return named if named == "quoted-printable" else ""


def _out_of(encoding: str, encoded: bytes) -> bytes:
    if encoding == "base64":
        return headers.from_base64(encoded)
    if encoding == "quoted-printable":
        return quopri.decodestring(encoded)
    return encoded


def _cuts(raw: bytes, start: int, end: int, encoding: str) -> Iterator[tuple[int, int]]:
    """Where to cut a body, so that no encoded character of it is cut in two."""
    while start < end:
        cut = min(start + _PIECE_BYTES, end)
        if encoding == "quoted-printable" and cut < end:
            escape = raw.rfind(b"=", cut - 2, cut)
            cut = escape if escape >= 0 else cut
        yield start, cut
        start = cut


def split(raw: bytes, budget: Budget, depth: int = 0) -> Part:
    """The parts of a mail, as far as the budget goes. Never raises."""
    if b"\n" not in raw:  # the old line end of the Mac
        raw = raw.replace(b"\r", b"\n")
    return _part(raw, 0, len(raw), "text/plain", budget, depth, is_mail=True)


def _part(
    raw: bytes, start: int, end: int, default_type: str, budget: Budget, depth: int, *, is_mail: bool = False
) -> Part:
    budget.parts -= 1
    fields, body = _headers(raw, start, end, budget, is_mail=is_mail)
    by_name = dict(reversed(fields))
    content_type, parameters = headers.value_and_parameters(by_name.get("content-type", b""))
    disposition, named = headers.value_and_parameters(by_name.get("content-disposition", b""))
    content_type = content_type if "/" in content_type else default_type
    part = Part(
        fields,
        content_type,
        parameters,
        disposition,
        named.get("filename") or parameters.get("name", ""),
        raw,
        body,
        end,
    )
    if part.main_type != "multipart":
        return part
    return _with_children(part, budget, depth)


def _with_children(part: Part, budget: Budget, depth: int) -> Part:
    if depth >= MAX_DEPTH:
        budget.is_cut = True
        return replace(part, content_type="application/octet-stream")
    default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    children = []
    for start, end in _sections(part, budget):
        if budget.parts <= 0:
            budget.is_cut = True
            break
        children.append(_part(part.raw, start, end, default_type, budget, depth + 1))
    if not children:
        budget.is_damaged = True
    return replace(part, children=tuple(children))


def _sections(part: Part, budget: Budget) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart lie."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
    delimiter = b"--" + boundary
    first = _next_delimiter(part.raw, delimiter, part.start, part.end) if boundary else None
    if first is None:  # none declared, or another than is used
        guess = _FIRST_BOUNDARY.search(
            part.raw, part.start, min(part.end, part.start + MAX_HEADER_BLOCK_BYTES)
        )
        if guess is None:
            return
        budget.is_damaged = True
        delimiter = b"--" + guess[1].rstrip()
        first = _next_delimiter(part.raw, delimiter, part.start, part.end)
    here = first
    while here is not None and not here.is_last:
        following = _next_delimiter(part.raw, delimiter, here.after, part.end)
        yield here.after, following.before if following else part.end
        here = following


@dataclass(frozen=True, slots=True)
class _Delimiter:
    before: int  # where the part ahead of it ends
    after: int  # where the next one begins
    is_last: bool


def _next_delimiter(raw: bytes, delimiter: bytes, position: int, end: int) -> _Delimiter | None:
    """The next line that is this delimiter and nothing else."""
    needle = b"\n" + delimiter
    found = position - 1  # the line end before the section belongs to its first delimiter
    while (found := raw.find(needle, max(found, 0), end)) >= 0:
        after = found + len(needle)
        line_end = raw.find(b"\n", after, end)
        line_end = line_end if line_end >= 0 else end
        rest = raw[after : min(line_end, after + 1000)].rstrip()
        if rest in (b"", b"--"):
            before = found - (raw[found - 1 : found] == b"\r")
            return _Delimiter(max(before, position), min(line_end + 1, end), rest == b"--")
        found = after
    return None


class _Fields:
    """Header fields as they are gathered, within limits."""

    def __init__(self, raw: bytes, budget: Budget) -> None:
        self.found: list[tuple[str, bytes]] = []
        self._raw = raw
        self._budget = budget
        self._name = ""
        self._start = self._end = 0

    @property
    def has_begun(self) -> bool:
        return bool(self._name)

    def begin(self, name: str, start: int, end: int) -> None:
        self.close()
        self._name, self._start, self._end = name, start, end

    def extend(self, end: int) -> None:
        self._end = end

    def close(self) -> None:
        is_too_long = self._end - self._start > MAX_HEADER_BYTES
        is_one_too_many = len(self.found) >= MAX_HEADERS
        self._budget.is_cut |= is_too_long or is_one_too_many
        if self._name and not is_one_too_many:
            value = self._raw[self._start : min(self._end, self._start + MAX_HEADER_BYTES)]
            self.found.append((self._name, value))


def _headers(
    raw: bytes, start: int, end: int, budget: Budget, *, is_mail: bool
) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The header fields from `start` on, and where the body begins.

    A line that is no header ends them, unless another header follows it: then it is skipped.
    """
    fields = _Fields(raw, budget)
    if is_mail and raw.startswith(_BYTE_ORDER_MARK, start, end):
        start += len(_BYTE_ORDER_MARK)
    position, limit = start, min(end, start + MAX_HEADER_BLOCK_BYTES)
    while position < limit:
        line_end = raw.find(b"\n", position, end)
        after = line_end + 1 if line_end >= 0 else end
        header = _HEADER.match(raw, position, after)
        if not raw[position : min(after, position + 1000)].strip(b"\r\n\0"):
            if fields.has_begun or not is_mail:
                fields.close()
                return tuple(fields.found), after
            # else a blank line ahead of the mail itself
        elif not fields.has_begun and is_mail and raw[position:after].isspace():
            pass  # the same, of blanks
        elif raw[position : position + 1] in b" \t" and fields.has_begun:
            fields.extend(after)
        elif header:
            fields.begin(header[1].decode("ascii").casefold(), header.end(), after)
        elif raw.startswith((b"From ", b">From "), position):
            pass  # the line that parts the mails of an mbox
        elif fields.has_begun and _HEADER.match(raw, after, end):
            budget.is_damaged = True
        else:
            fields.close()
            return tuple(fields.found), position
        position = after
    fields.close()
    budget.is_cut |= position < end
    return tuple(fields.found), position
