"""Letters leave as mail that threads, answers nobody's machine, and fails in words."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.cases.case import Conversation
from crbot.cases.letters import Letter, LetterName
from crbot.channels.mail.mime import OurSide, received
from crbot.channels.mail.outlet import MailOutlet, OutletSettings, composed
from crbot.channels.mail.security import Security
from crbot.channels.render import Letters
from crbot.config import read_texts, templates_folder
from crbot.intake.ports import DeliveryFailed, Outgoing
from crbot.triage.message import Channel, Mark, Person
from tests.servers import HOST, Sink, free_port, running_sink

LETTERS = Letters(read_texts(templates_folder(None), ".txt") | read_texts(templates_folder(None), ".html"))
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DESK = OutletSettings(
    HOST, 25, "intake@cops.example.gov", "COPS Office Response Center", security=Security.NONE
)
CHIEF = Conversation(
    Channel.EMAIL,
    "chief@townpd.example.gov",
    thread="<second@townpd.example.gov>",
    references=("<first@townpd.example.gov>", "<ours@cops.example.gov>"),
    subject="UOF policy",
    person=Person("Nate Bouchard", "chief@townpd.example.gov"),
)


def outgoing(to: Conversation = CHIEF, key: str = "CRI-2026-0042/1/acknowledgement") -> Outgoing:
    letter = Letter(LetterName.ENQUIRY, to, case="CRI-2026-0042", fields={"name": to.person.name})
    return Outgoing(id=1, key=key, what=letter, attempts=1, token="t")


def written(to: Conversation = CHIEF, key: str = "key") -> EmailMessage:
    """The mail as the other side reads it."""
    letter = outgoing(to).what
    assert isinstance(letter, Letter)
    raw = composed(letter, LETTERS.render(letter, Channel.EMAIL), key, DESK, NOW).as_bytes()
    return message_from_bytes(raw, policy=policy.default)


def test_a_letter_answers_in_its_thread():
    mail = written()

    assert mail["To"] == "Nate Bouchard <chief@townpd.example.gov>"
    assert mail["From"] == "COPS Office Response Center <intake@cops.example.gov>"
    assert mail["Subject"] == "Re: UOF policy [CRI-2026-0042]"
    assert mail["In-Reply-To"] == "<second@townpd.example.gov>"
    assert mail["References"].split() == [
        "<first@townpd.example.gov>",
        "<ours@cops.example.gov>",
        "<second@townpd.example.gov>",
    ]


def test_a_letter_says_that_a_machine_wrote_it():
    assert written()["Auto-Submitted"] == "auto-replied"
    assert written()["X-Auto-Response-Suppress"] == "All"


def test_our_own_letter_is_known_as_automatic_when_it_comes_back():
    back = received(written().as_bytes(), OurSide(frozenset({"intake@cops.example.gov"})))

    assert Mark.AUTOMATIC in back.message.marks
    assert back.conversation.address == ""
    assert back.case_number == "CRI-2026-0042"


def test_a_letter_comes_as_text_and_as_html():
    mail = written()

    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_second_try_bears_the_same_identity_and_another_letter_another():
    assert written(key="a")["Message-ID"] == written(key="a")["Message-ID"]
    assert written(key="a")["Message-ID"] != written(key="b")["Message-ID"]
    assert written(key="a")["Message-ID"].endswith("@cops.example.gov>")


def test_long_identities_are_not_encoded():
    long = f"<{'a' * 120}@townpd.example.gov>"
    raw = composed_bytes(replace(CHIEF, thread=long, references=(long.replace("a", "b"),)))

    assert f"In-Reply-To: {long}\r\n".encode() in raw
    assert max(len(line) for line in raw.splitlines()) < 998


def composed_bytes(to: Conversation) -> bytes:
    letter = outgoing(to).what
    assert isinstance(letter, Letter)
    return composed(letter, LETTERS.render(letter, Channel.EMAIL), "key", DESK, NOW).as_bytes()


AWKWARD = st.lists(
    st.sampled_from(
        [
            "=?utf-8?q?",
            "=0D=0A",
            "?=",
            "=?utf-8?b?DQpCY2M6IHhAeS56?=",
            "<",
            ">",
            '"',
            "\\",
            ",",
            ";",
            ":",
            "@",
            "é",
            "(",
            ")",
            "a",
        ]
    )
    | st.sampled_from(["\r\n", "Bcc: x@y.example", " ", "\u202e", "\ud800", "x" * 90])
).map("".join)


@settings(max_examples=300)
@given(words=st.text() | AWKWARD, thread=st.text() | AWKWARD)
def test_no_words_of_others_add_a_header_or_a_recipient(words, thread):
    to = replace(
        CHIEF, subject=words, thread=thread, references=(thread,), person=Person(words, CHIEF.address)
    )

    mail = message_from_bytes(composed_bytes(to), policy=policy.compat32)

    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert mail["To"].endswith("chief@townpd.example.gov>") or mail["To"] == "chief@townpd.example.gov"


@pytest.mark.parametrize(
    "words", ["Help\r\nBcc: all@police.example", "=?utf-8?q?a=0D=0ABcc:_b?=", "x" * 5000, "\udcff", "\x00"]
)
def test_a_hostile_subject_is_answered_all_the_same(words):
    to = replace(CHIEF, subject=words, person=Person(words, CHIEF.address))

    assert b"\nBcc" not in composed_bytes(to)


@pytest.fixture
def outlet(sink: Sink) -> Iterator[MailOutlet]:
    outlet = MailOutlet(replace(DESK, port=sink.port, timeout=5), LETTERS, lambda: NOW)
    yield outlet
    outlet.close()


@pytest.mark.live
def test_letters_go_over_one_connection(sink, outlet):
    receipts = [outlet.deliver(outgoing(key=key)) for key in ("a", "b", "c")]

    assert [mail.rcpt_tos for mail in sink.mails] == [["chief@townpd.example.gov"]] * 3
    assert sink.mails[0].mail_from == "intake@cops.example.gov"
    assert sink.sessions == 1
    sent = [message_from_bytes(mail.content)["Message-ID"] for mail in sink.mails]
    assert [receipt.identity for receipt in receipts] == sent


@pytest.mark.live
@pytest.mark.parametrize(
    ("command", "answer", "is_permanent"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "450 4.2.1 come back later", False),
        ("DATA", "554 5.7.1 looks like spam", True),
        ("DATA", "451 4.3.0 disk is full", False),
        ("MAIL", "530 5.7.0 log in first", False),
        ("MAIL", "552 5.3.4 too large", True),
    ],
)
def test_a_refusal_is_told_apart(sink, outlet, command, answer, is_permanent):
    sink.refusals[command] = answer

    with pytest.raises(DeliveryFailed, match=answer[4:]) as told:
        outlet.deliver(outgoing())

    assert told.value.permanent is is_permanent
    assert sink.mails == []


@pytest.mark.live
def test_a_refused_letter_does_not_keep_the_next_one_back(sink, outlet):
    sink.refusals["RCPT"] = "550 5.1.1 no such user"
    with pytest.raises(DeliveryFailed):
        outlet.deliver(outgoing(key="a"))
    sink.refusals.clear()

    outlet.deliver(outgoing(key="b"))

    assert len(sink.mails) == 1


@pytest.mark.live
def test_a_line_cut_after_the_last_byte_is_a_failure_that_is_tried_again(sink, outlet):
    sink.hangs_up_after = "DATA"
    with pytest.raises(DeliveryFailed, match="after the whole letter was handed over") as told:
        outlet.deliver(outgoing())
    sink.hangs_up_after = ""

    outlet.deliver(outgoing())

    assert told.value.uncertain
    assert not told.value.permanent
    first, second = (message_from_bytes(mail.content)["Message-ID"] for mail in sink.mails)
    assert first == second


@pytest.mark.live
def test_a_reason_names_no_address(sink, outlet):
    sink.refusals["RCPT"] = "550 5.1.1 <chief@townpd.example.gov> is unknown"

    with pytest.raises(DeliveryFailed) as told:
        outlet.deliver(outgoing())

    assert "chief@townpd" not in str(told.value)


def test_a_server_that_is_away_is_told_in_words():
    port = free_port()
    outlet = MailOutlet(replace(DESK, port=port), LETTERS, lambda: NOW)

    with pytest.raises(DeliveryFailed, match=f"127.0.0.1:{port} is away: .*refused") as told:
        outlet.deliver(outgoing())

    assert not told.value.permanent


def test_a_server_that_does_not_answer_is_given_up_in_time():
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        outlet = MailOutlet(replace(DESK, port=port, timeout=0.3), LETTERS, lambda: NOW)

        with pytest.raises(DeliveryFailed, match="does not answer in time") as told:
            outlet.deliver(outgoing())

        assert not told.value.permanent


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c.example", "a b@c.example", "a@c.example\r\nBcc: x@y.example"]
)
def test_an_address_that_is_none_is_not_tried(address):
    outlet = MailOutlet(replace(DESK, port=free_port()), LETTERS, lambda: NOW)

    with pytest.raises(DeliveryFailed) as told:
        outlet.deliver(outgoing(replace(CHIEF, address=address)))

    assert told.value.permanent


@pytest.mark.live
@pytest.mark.parametrize("security", [Security.SSL, Security.STARTTLS])
def test_letters_go_over_a_secure_line(trusted, security):
    with running_sink(trusted, is_ssl=security is Security.SSL) as sink:
        outlet = MailOutlet(replace(DESK, port=sink.port, security=security), LETTERS, lambda: NOW)
        outlet.deliver(outgoing())
        outlet.close()

    assert len(sink.mails) == 1


@pytest.mark.live
@pytest.mark.parametrize("security", [Security.SSL, Security.STARTTLS])
def test_a_server_that_cannot_prove_who_it_is_gets_no_letter(certificate, security):
    with running_sink(certificate, is_ssl=security is Security.SSL) as sink:
        outlet = MailOutlet(replace(DESK, port=sink.port, security=security), LETTERS, lambda: NOW)

        with pytest.raises(DeliveryFailed, match="self-signed") as told:
            outlet.deliver(outgoing())

    assert not told.value.permanent
    assert sink.mails == []
