"""What Outlook packs into a winmail.dat is read, and whatever is in one breaks nothing."""

from __future__ import annotations

import base64
import hashlib
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tnefparse import TNEF

from crbot.channels.mail import rtf, winmail
from crbot.channels.mail.mime import Mail, parse_mail
from crbot.channels.mail.winmail import NoWinmail, PackedFile, unpack
from crbot.triage.message import Mark

SIGNATURE = struct.pack("<IH", 0x223E9F78, 1)
WORDS = "We need crisis intervention training for our officers in Río Seco.\r\nThere is no lawsuit."
RICH = (
    r"{\rtf1\ansi\ansicpg1252\fromtext{\fonttbl{\f0\fswiss Arial;}}{\*\generator Riched20;}\pard We need training in R"
    r"\'edo Seco \u8212?soon.\par {\*\htmltag64 <br>}\uc1\u-10179?\u-8704?\tab done{\v unseen}\par}"
).encode("ascii")


def attribute(name: int, content: bytes, level: int = 1) -> bytes:
    return (
        struct.pack("<BHHI", level, name, 0, len(content))
        + content
        + struct.pack("<H", sum(content) & 0xFFFF)
    )


def sized(content: bytes) -> bytes:
    return struct.pack("<II", 1, len(content)) + content + b"\0" * (-len(content) % 4)


def properties(*each: tuple[int, int, bytes]) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(
        struct.pack("<HH", kind, name) + content for kind, name, content in each
    )


def text(name: int, value: str) -> tuple[int, int, bytes]:
    return 0x1F, name, sized(value.encode("utf-16-le") + b"\0\0")


def packed_rich_text(raw: bytes) -> bytes:
    """As Outlook does it, but for the shortening: each byte stands for itself, the last mark ends it."""
    body = bytearray()
    for start in range(0, len(raw), 8):
        body += b"\0" + raw[start : start + 8]
    ended = 207 + len(raw)
    if len(raw) % 8:  # the last flags are those of fewer bytes, and of the mark
        flags = len(body) - len(raw) % 8 - 1
        body[flags] = 1 << len(raw) % 8
    else:
        body += b"\1"
    body += struct.pack(">H", ended % 4096 << 4)
    return struct.pack("<II4sI", len(body) + 12, len(raw), b"LZFu", 0) + bytes(body)


CODEPAGE = attribute(0x9007, struct.pack("<II", 1252, 0))
TEXT = attribute(0x9003, properties((0x3, 0x1234, b"\1\0\0\0"), text(0x1000, WORDS)))
FILE = (
    attribute(0x9002, b"\0" * 14, 2)
    + attribute(0x8010, b"PLAN~1.DOC\0", 2)
    + attribute(0x800F, b"content\0\0", 2)
    + attribute(0x9005, properties(text(0x3707, "../the plan.docx")), 2)
)


def test_words_and_files_are_read() -> None:
    packed = unpack(SIGNATURE + CODEPAGE + TEXT + FILE)

    assert packed.text == WORDS
    assert packed.files == (PackedFile("../the plan.docx", b"content\0\0"),)


def test_another_parser_finds_the_same() -> None:
    theirs = TNEF(SIGNATURE + CODEPAGE + TEXT + FILE)

    assert theirs.body == WORDS
    assert [(each.long_filename(), each.data) for each in theirs.attachments] == [
        ("../the plan.docx", b"content\0\0")
    ]


def test_words_of_an_older_outlook_are_read_in_its_codepage() -> None:
    older = SIGNATURE + CODEPAGE + attribute(0x800C, "Río Seco\0".encode("cp1252"))

    assert unpack(older).text == "Río Seco"


def test_rich_text_is_read_as_a_reader_sees_it() -> None:
    rich = (0x102, 0x1009, sized(packed_rich_text(RICH)))

    packed = unpack(SIGNATURE + attribute(0x9003, properties(rich)))

    assert packed.rtf.text.split() == ["We", "need", "training", "in", "Río", "Seco", "—soon.", "😀", "done"]
    assert packed.rtf.hidden == "unseen"


def test_shortened_rich_text_is_read() -> None:
    """The bytes that the specification gives as an example, and what they stand for."""
    example = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
    )

    assert rtf.decompressed(example) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_mail_that_was_attached_is_read_too() -> None:
    inner = SIGNATURE + CODEPAGE + TEXT
    signature = bytes.fromhex("0703020000000000c000000000000046")
    content = properties((0xD, 0x3701, sized(signature + inner)))
    packed = unpack(SIGNATURE + attribute(0x9002, b"", 2) + attribute(0x9005, content, 2))

    assert [each.text for each in packed.mails] == [WORDS]


def mail_with(content: bytes, words: str = "") -> Mail:
    head = f"From: chief@town.example.gov\nSubject: Training\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{words}\n"
    part = "--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return parse_mail(head.encode() + part.encode() + base64.encodebytes(content) + b"--b--\n")


def test_what_is_packed_is_the_mail_where_it_holds_nothing_else() -> None:
    mail = mail_with(SIGNATURE + CODEPAGE + TEXT + FILE)

    assert mail.body == WORDS.replace("\r\n", "\n")
    assert mail.attachments == ("winmail.dat", "the plan.docx")
    assert mail.files[1].sha256 == hashlib.sha256(b"content\0\0").hexdigest()
    assert mail.doubts == ()


def test_what_is_packed_is_not_told_twice() -> None:
    assert mail_with(SIGNATURE + CODEPAGE + TEXT, WORDS).body == WORDS.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("message_class", "marks", "gist"),
    [
        ("IPM.Note", set(), ""),
        (
            "IPM.Schedule.Meeting.Resp.Neg",
            {Mark.CALENDAR},
            "chief@town.example.gov has declined an invitation",
        ),
        (
            "IPM.Microsoft Schedule.MtgRespP",
            {Mark.CALENDAR},
            "chief@town.example.gov has accepted an invitation",
        ),
        ("REPORT.IPM.Note.NDR", {Mark.AUTOMATIC, Mark.BOUNCE}, ""),
        ("REPORT.IPM.Note.IPNRN", {Mark.AUTOMATIC}, ""),
    ],
)
def test_what_outlook_calls_the_mail_tells_what_it_is(
    message_class: str, marks: set[Mark], gist: str
) -> None:
    mail = mail_with(SIGNATURE + attribute(0x8008, message_class.encode() + b"\0"), "Hello.")

    assert mail.marks == marks
    assert mail.gist == gist


ENDLESS = struct.pack("<I", 2**32 - 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no winmail at all",
        SIGNATURE,
        SIGNATURE + attribute(0x9003, ENDLESS),
        SIGNATURE + attribute(0x9003, struct.pack("<IHH", 1, 0x1003, 0x1000) + ENDLESS),
        SIGNATURE + attribute(0x9003, struct.pack("<IHH", 1, 0x1F, 0x1000) + ENDLESS + b"\0" * 100),
        SIGNATURE + attribute(0x9003, struct.pack("<IHH", 1, 0x1F, 0x9000) + b"\0" * 16 + ENDLESS * 2),
        SIGNATURE + struct.pack("<BHHI", 1, 0x800C, 0, 2**32 - 1) + b"cut off",
        SIGNATURE + attribute(0x9002, b"", 2) * 200_000,
        SIGNATURE + attribute(0x9003, properties((0x102, 0x1009, sized(packed_rich_text(b"{" * 900_000))))),
        SIGNATURE + attribute(0x9003, properties((0x102, 0x1009, sized(packed_rich_text(b"\\'e9" * 500_000))))),
    ],
)  # fmt: skip
def test_a_hostile_one_costs_little_and_the_mail_is_read(content: bytes) -> None:
    started = time.process_time()

    mail = mail_with(content, "Please help us.")

    assert time.process_time() - started < 2
    assert "Please help us." in mail.body
    assert "winmail.dat" in mail.attachments


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_in_any_other_way(raw: bytes) -> None:
    for content in (raw, SIGNATURE + raw, SIGNATURE + attribute(0x9003, raw), TEXT + raw):
        try:
            unpack(content)
        except NoWinmail:
            continue
    rtf.shown(raw)
    rtf.shown(rtf.decompressed(packed_rich_text(raw)[:16] + raw))


@given(st.binary(max_size=2_000))
def test_rich_text_comes_out_of_its_packing_as_it_went_in(raw: bytes) -> None:
    assert rtf.decompressed(packed_rich_text(raw)) == raw


def test_a_packed_mail_within_a_packed_mail_is_opened_so_far_and_no_further() -> None:
    content = SIGNATURE + CODEPAGE + TEXT
    signature = bytes.fromhex("0703020000000000c000000000000046")
    for _ in range(50):
        inner = properties((0xD, 0x3701, sized(signature + content)))
        content = SIGNATURE + attribute(0x9002, b"", 2) + attribute(0x9005, inner, 2)

    depth, packed = 0, unpack(content)
    while packed.mails:
        depth, packed = depth + 1, packed.mails[0]
    assert depth == winmail.MAX_DEPTH
