"""Mail is read as its sender meant it; the awkward ones of tests/mail, each beside what is expected of it."""

from __future__ import annotations

import base64
import hashlib
import os
import time
import tomllib
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.channels.mail.mime import (
    MAX_TEXT_CHARACTERS,
    Mail,
    OurSide,
    identity_and_content_of,
    parse_mail,
    received,
)
from crbot.intake.ports import Unreadable
from crbot.triage.message import Mark, Person

OWN = OurSide(frozenset({"intake@cops.example.gov"}))
FOLDER = Path(__file__).parents[2] / "mail"
AWKWARD = sorted(FOLDER.glob("*.eml"))
CORPUS = Path(os.environ.get("CRBOT_MAIL_CORPUS") or FOLDER)
IS_NO_MAIL = {".json", ".md", ".toml"}


def told(raw: bytes) -> dict[str, object]:
    """All that a file of expectations can name."""
    got = received(raw, OWN)
    return {
        "sender_name": got.message.sender.name,
        "sender_address": got.message.sender.address or "",
        "subject": got.message.subject,
        "sent_at": got.message.sent_at,
        "to": [person.address for person in got.message.to],
        "cc": [person.address for person in got.message.cc],
        "body": got.message.body,
        "attachments": list(got.message.attachments),
        "marks": sorted(got.message.marks),
        "identity": got.identity,
        "refers_to": list(got.refers_to),
        "case_number": got.case_number,
        "answered_at": got.conversation.address,
        "doubts": list(got.doubts),
    }


@pytest.mark.parametrize("file", AWKWARD, ids=lambda file: file.stem)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_an_awkward_mail_is_read_as_it_was_meant(file, line_end):
    expected = tomllib.loads(file.with_suffix(".toml").read_text(encoding="utf-8"))
    held, lacked = expected.pop("body_holds", []), expected.pop("body_lacks", [])
    identity_ends = expected.pop("identity_ends", "")

    got = told(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end))

    assert {name: got[name] for name in expected} == expected
    assert all(words in str(got["body"]) for words in held)
    assert not any(words in str(got["body"]) for words in lacked)
    assert str(got["identity"]).endswith(identity_ends)


def mail(*lines: str, body: str = "Help.") -> bytes:
    return "\r\n".join(["From: chief@townpd.example.gov", *lines, "", body]).encode()


def test_our_own_address_is_never_answered():
    assert received(b"From: Intake@COPS.example.gov\n\nHelp", OWN).conversation.address == ""


def test_an_answer_goes_into_the_thread_of_the_mail_that_it_answers():
    got = received(mail("Message-ID: <b@x.example>", "References: <a@x.example>", "Subject: Help"), OWN)

    assert got.identity == got.conversation.thread == "<b@x.example>"
    assert got.conversation.references == ("<a@x.example>",)
    assert got.conversation.subject == "Help"


def test_an_answer_bears_the_name_of_whom_it_goes_to():
    got = received(mail("Reply-To: Ben <ben@townpd.example.gov>", "Subject: Help"), OWN)

    assert got.conversation.person == Person("Ben", "ben@townpd.example.gov")


def test_an_answer_to_a_mail_without_message_id_refers_to_none():
    assert received(mail("Subject: Help"), OWN).conversation.thread == ""


def test_a_mail_without_message_id_has_the_same_identity_however_often_it_is_delivered():
    once = mail("Received: by one", "Subject: Help")
    again = mail("Received: by another", "Received: by two", "Subject: Help")

    assert parse_mail(once).identity == parse_mail(again).identity
    assert parse_mail(once).identity != parse_mail(mail("Subject: Help", body="Other words")).identity


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Dana <d@x.example>", Person("Dana", "d@x.example")),
        ("d@x.example (Dana Reyes)", Person("Dana Reyes", "d@x.example")),
        ('"Reyes, Dana" <d@x.example>', Person("Reyes, Dana", "d@x.example")),
        ("=?utf-8?q?Jos=C3=A9?= <d@x.example>", Person("José", "d@x.example")),
        ("=?utf-8?b?RGFuYSA8ZEB4LmV4YW1wbGU+?=", Person("Dana", "d@x.example")),
        ("Police: d@x.example;", Person("", "d@x.example")),
        ("a@x.example, b@x.example", Person("a@x.example, b@x.example")),
        ("a@x.example <b@x.example", Person("a@x.example <b@x.example")),
        ("<a@x.example> <b@x.example>", Person("<a@x.example> <b@x.example>")),
        ("Dana", Person("Dana")),
        ("d@localhost", Person("d@localhost")),
        ("d@x.example\u202e", Person("d@x.example")),
        ("(" * 2000, Person("(" * 200)),
    ],
)
def test_a_sender_is_one_clear_address_or_unknown(value, expected):
    assert parse_mail(f"From: {value}\n\nHelp".encode()).sender == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Help [CRI-2026-0042]", "CRI-2026-0042"),
        ("cri-2026-0042 our answers", "CRI-2026-0042"),
        ("CRI-2026-00421", "CRI-2026-00421"),
        ("XCRI-2026-0042", None),
        ("CRI-26-0042", None),
        ("Help", None),
    ],
)
def test_the_case_number_is_read_from_the_subject(subject, expected):
    assert received(mail(f"Subject: {subject}"), OWN).case_number == expected


@pytest.mark.parametrize(
    ("header", "marks"),
    [
        ("Precedence: auto_reply", {Mark.AUTOMATIC}),
        ("Precedence: bulk", {Mark.AUTOMATIC}),
        ("Precedence: list", {Mark.LIST}),
        ("Precedence: first-class", set()),
        ("X-Autoreply: yes", {Mark.AUTOMATIC}),
        ("Return-Path: <>", {Mark.AUTOMATIC}),
        ("Return-Path: <chief@townpd.example.gov>", set()),
        ("List-Unsubscribe: <mailto:off@x.example>", {Mark.LIST}),
        ("X-Failed-Recipients: a@x.example", {Mark.AUTOMATIC, Mark.BOUNCE}),
        ("Content-Type: message/delivery-status", {Mark.AUTOMATIC, Mark.BOUNCE}),
        (
            "Content-Type: multipart/report; report-type=disposition-notification",
            {Mark.AUTOMATIC, Mark.DAMAGED},
        ),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", {Mark.ENCRYPTED}),
    ],
)
def test_what_a_header_says_of_the_sender_is_marked(header, marks):
    assert parse_mail(mail(header)).marks == marks


@pytest.mark.parametrize(
    ("header", "doubt"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data", "The mail is encrypted (S/MIME)"),
        ("application/pkcs7-mime; smime-type=signed-data", "The mail is packed into its signature (S/MIME)"),
        (
            "multipart/encrypted; protocol=application/pgp-encrypted; boundary=b",
            "The mail is encrypted (PGP)",
        ),
    ],
)
def test_what_is_sealed_says_by_what(header, doubt):
    (told,) = [each for each in parse_mail(mail(f"Content-Type: {header}")).doubts if doubt in each]

    assert told.endswith("its words cannot be read here")


def test_a_bomb_is_kept_by_name_size_and_hash_and_never_unpacked():
    bomb = base64.b64encode(zlib.compress(b"0" * 200_000_000, 9)).decode()
    raw = mail("Content-Type: application/zip; name=plan.zip", "Content-Transfer-Encoding: base64", body=bomb)

    started = time.process_time()
    (file,) = parse_mail(raw).files

    assert time.process_time() - started < 2
    assert (file.name, file.size_bytes) == ("plan.zip", len(base64.b64decode(bomb)))
    assert file.sha256 == hashlib.sha256(base64.b64decode(bomb)).hexdigest()


def test_text_that_only_calls_itself_base64_is_shown_as_it_came():
    raw = mail("Content-Transfer-Encoding: base64", body="We ask for help with our policy on pursuits.")

    assert parse_mail(raw).body == "We ask for help with our policy on pursuits."


def test_a_person_who_passes_a_bounce_on_is_no_machine():
    bounce = "From: MAILER-DAEMON@x.example\nContent-Type: message/delivery-status\n\nStatus: 5.1.1"
    body = f"--b\n\nYour answer bounced, please write to me.\n--b\nContent-Type: message/rfc822\n\n{bounce}\n--b--"
    got = received(mail("Content-Type: multipart/mixed; boundary=b", body=body), OWN)

    assert got.message.marks == set()
    assert got.conversation.address == "chief@townpd.example.gov"


@pytest.mark.parametrize(
    ("name", "is_doubted"), [("Chief @ Millbrook", False), ("chief@millbrook.example", True)]
)
def test_a_name_that_looks_like_another_address_is_told_to_staff(name, is_doubted):
    doubts = parse_mail(f'From: "{name}" <bob@x.example>\n\nHelp'.encode()).doubts

    assert bool(doubts) is is_doubted


def test_an_attached_text_is_the_letter_when_the_mail_holds_no_other():
    attached = mail(
        'Content-Type: text/plain; name="letter.txt"',
        "Content-Disposition: attachment",
        body="We ask for help.",
    )

    assert parse_mail(attached).body == "We ask for help."
    assert parse_mail(attached).attachments == ("letter.txt",)


def test_the_plain_form_is_read_unless_it_says_much_less():
    def both(plain: str) -> bytes:
        html = "<p>We ask for help with our policy on pursuits.</p>"
        parts = [
            f"--b\nContent-Type: text/plain\n\n{plain}",
            f"--b\nContent-Type: text/html\n\n{html}",
            "--b--",
        ]
        return mail("Content-Type: multipart/alternative; boundary=b", body="\n".join(parts))

    assert parse_mail(both("We ask for help with our *policy*")).body == "We ask for help with our *policy*"
    assert parse_mail(both("Use another reader.")).body == "We ask for help with our policy on pursuits."


def test_a_long_mail_is_cut_and_says_so():
    long = parse_mail(mail(body="word " * 100_000))

    assert len(long.body) == MAX_TEXT_CHARACTERS
    assert Mark.CUT in long.marks


def test_a_name_of_a_file_names_no_folder_and_holds_no_trick():
    name = "../../etc/p\u202eass\x00wd.pdf"
    raw = mail(f'Content-Type: application/pdf; name="{name}"')

    assert parse_mail(raw).attachments == ("passwd.pdf",)


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0", b"   "])
def test_a_mail_that_holds_nothing_is_unreadable(raw):
    with pytest.raises(Unreadable):
        parse_mail(raw)


PIECES = st.sampled_from(
    [
        b"From: ",
        b"Subject: ",
        b"To: ",
        b"Date: ",
        b"References: ",
        b"Content-Type: ",
        b"multipart/mixed; boundary=b",
        b"text/html; charset=",
        b"utf-7",
        b"utf-16",
        b"message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"--b",
        b"--b--",
        b"=?utf-8?b?",
        b"?=",
        b"<",
        b">",
        b"(",
        b'"',
        b"\\",
        b"@",
        b"a@x.example",
        b"\xff",
        b"\x00",
        b"name*0*=",
        b"; filename=",
        b"Content-Disposition: attachment",
        b"<div hidden>",
        b"=3D",
        b"9" * 30,
        b"\xed\xa0\x80",
    ]
)


@settings(max_examples=400, deadline=None)
@given(raw=st.binary(max_size=400) | st.lists(PIECES, max_size=40).map(b"".join))
def test_no_bytes_make_it_fail_in_any_other_way(raw):
    got = parsed_or_empty(raw)
    if got:
        assert_is_clean(got)


def parsed_or_empty(raw: bytes) -> Mail | None:
    """None for a mail that holds nothing; what else can't be read is a fault of ours, and raised."""
    try:
        return parse_mail(raw)
    except Unreadable as error:
        if error.__cause__:
            raise error.__cause__ from None
        return None


def assert_is_clean(got: Mail) -> None:
    """Whatever came in, what comes out can be put into a header, a page or a database."""
    for line in (got.subject, got.identity, got.sender.name, *got.attachments, *got.refers_to):
        assert not set("\r\n\x00\u202e") & set(line)
    for text in (got.body, got.subject, got.sender.name, *got.attachments, *got.doubts):
        text.encode("utf-8")
        assert "\x00" not in text
    assert got.sender.address is None or got.sender.address.count("@") == 1


@pytest.mark.parametrize("part", range(16))
def test_every_mail_of_the_corpus_is_read(part):
    """Real and odd mail, as much as there is in the folder that CRBOT_MAIL_CORPUS names."""
    files = [file for file in sorted(CORPUS.rglob("*")) if file.is_file() and file.suffix not in IS_NO_MAIL]
    for file in files[part::16]:
        raw = file.read_bytes()
        if raw.strip():
            assert_is_clean(parse_mail(raw))


@given(words=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_nothing_of_the_senders_own_words_is_lost(words):
    raw = b"From: a@x.example\nContent-Type: text/plain; charset=utf-8\n\n" + words.encode()

    assert parse_mail(raw).body == words


@settings(max_examples=50)
@given(raw=st.binary(max_size=300))
def test_the_identity_is_found_without_reading_the_rest(raw):
    whole = b"Message-ID: <a@x.example>\n" + raw

    assert identity_and_content_of(whole)[0] == parse_mail(whole).identity == "<a@x.example>"
