"""A mail is cut into its parts, and what they hold comes out whole, however large."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.channels.mail.parts import Budget, Part, split

MEGABYTE = 1_000_000


def part(encoding: str, body: bytes) -> Part:
    return split(f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body, Budget())


@given(
    encoding=st.sampled_from(["base64", "quoted-printable", "8bit", ""]),
    body=st.binary(max_size=300),
    copies=st.sampled_from([1, 9_001]),
)
def test_piece_by_piece_a_body_is_the_same(encoding: str, body: bytes, copies: int) -> None:
    whole = part(encoding, body * copies)

    assert b"".join(whole.pieces()) == whole.content(len(whole.raw))[0]


@pytest.mark.parametrize("odd", [0, 1, 2])
def test_no_piece_cuts_an_encoded_character_in_two(odd: int) -> None:
    data = bytes(range(256)) * 12_000 + b"." * odd

    in_base64 = part("base64", base64.encodebytes(data))
    in_quoted_printable = part("quoted-printable", b"." * odd + b"=3D" * MEGABYTE)

    assert b"".join(in_base64.pieces()) == data
    assert b"".join(in_quoted_printable.pieces()) == b"." * odd + b"=" * MEGABYTE


def test_a_mail_within_a_mail_is_read_where_it_stands() -> None:
    inner = b"Subject: Inner\r\n\r\nHello."
    outer = part("7bit", inner)
    encoded = part("base64", base64.encodebytes(inner))
    quoted = part("quoted-printable", quopri.encodestring(inner))

    found = [each.mail_within(Budget(), 0) for each in (outer, encoded, quoted)]

    assert [each.first("subject") for each in found] == [b" Inner\r\n"] * 3
    assert found[0].raw is outer.raw
