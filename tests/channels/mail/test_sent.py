"""A letter of which nobody knows whether it went out is looked for before it is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from crbot.channels.mail.outlet import MailOutlet
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.sent import SentFolder
from crbot.intake.ports import DeliveryFailed, NotYet
from tests.channels.mail.test_outlet import CHIEF, DESK, LETTERS, outgoing
from tests.fakes import Clock
from tests.servers import Dovecot, Sink, free_port

pytestmark = pytest.mark.live

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    return dovecot.new_user()


@pytest.fixture
def outlet(dovecot: Dovecot, user: str, sink: Sink) -> Iterator[MailOutlet]:
    """One that lays copies of what it sends into a folder which is not there yet."""
    settings = replace(DESK, port=sink.port, timeout=5, timeout_at_end=5, copies_sent=True)
    sent = SentFolder(dovecot.settings(user).account, "crbot/Sent")
    outlet = MailOutlet(settings, LETTERS, lambda: NOW, sent=sent)
    yield outlet
    outlet.close()
    sent.close()


def test_a_copy_of_each_letter_lies_in_the_folder_as_read(
    outlet: MailOutlet, dovecot: Dovecot, user: str
) -> None:
    assert outlet.look_up(outgoing()) is None

    receipt = outlet.deliver(outgoing())

    assert outlet.look_up(outgoing()) == receipt
    with dovecot.person(user) as person:
        person.select_folder("crbot/Sent")
        (copy,) = person.fetch([1], ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"]).values()
    assert message_from_bytes(copy[b"BODY[]"])["Message-ID"] == receipt.identity
    assert b"\\Seen" in copy[b"FLAGS"]


def test_a_copy_that_the_mail_server_laid_there_itself_is_found(
    outlet: MailOutlet, dovecot: Dovecot, user: str, sink: Sink
) -> None:
    sink.hangs_up_after = "DATA"
    with pytest.raises(DeliveryFailed):
        outlet.deliver(outgoing())
    with dovecot.person(user) as person:
        person.create_folder("crbot/Sent")
        person.append("crbot/Sent", sink.mails[0].content)

    found = outlet.look_up(outgoing())

    assert found is not None
    assert found.identity == message_from_bytes(sink.mails[0].content)["Message-ID"]


def test_a_letter_without_its_copy_is_on_its_way_all_the_same(dovecot: Dovecot, sink: Sink) -> None:
    away = SentFolder(replace(dovecot.settings("anybody").account, port=free_port()), "Sent")
    outlet = MailOutlet(replace(DESK, port=sink.port, copies_sent=True), LETTERS, lambda: NOW, sent=away)

    outlet.deliver(outgoing())

    assert len(sink.mails) == 1
    with pytest.raises(DeliveryFailed, match="refused") as told:
        outlet.look_up(outgoing())
    assert told.value.uncertain
    outlet.close()


def test_more_letters_than_the_server_takes_in_a_minute_wait(sink: Sink) -> None:
    clock = Clock()
    outlet = MailOutlet(replace(DESK, port=sink.port, per_minute=2), LETTERS, clock)
    for key in ("a", "b"):
        outlet.deliver(outgoing(key=key))
        clock.pass_(timedelta(seconds=10))

    with pytest.raises(NotYet) as told:
        outlet.deliver(outgoing(key="c"))
    assert told.value.wait == timedelta(seconds=40)

    clock.pass_(told.value.wait)
    outlet.deliver(outgoing(key="c"))
    assert len(sink.mails) == 3
    outlet.close()


def test_answers_and_bounces_come_to_the_signed_address(sink: Sink) -> None:
    replies = ReplyAddresses(DESK.address, "secret")
    outlet = MailOutlet(replace(DESK, port=sink.port), LETTERS, lambda: NOW, replies)

    outlet.deliver(outgoing())

    (mail,) = sink.mails
    signed = replies.of("CRI-2026-0042")
    assert mail.mail_from == signed
    answers_to = message_from_bytes(mail.content)["Reply-To"]
    assert " ".join(answers_to.split()) == f"COPS Office Response Center <{signed}>"
    outlet.close()


def test_a_letter_of_lines_that_begin_with_dots_arrives_whole(sink: Sink) -> None:
    letters = LETTERS
    outlet = MailOutlet(replace(DESK, port=sink.port), letters, lambda: NOW)
    outlet.deliver(outgoing(replace(CHIEF, person=replace(CHIEF.person, name="."))))

    (mail,) = sink.mails
    assert message_from_bytes(mail.content).get_content_type() == "multipart/alternative"
    outlet.close()


def test_nothing_is_sent_where_nobody_reads(sink: Sink) -> None:
    outlet = MailOutlet(replace(DESK, port=sink.port), LETTERS, lambda: NOW)

    with pytest.raises(DeliveryFailed, match="nobody reads") as told:
        outlet.deliver(outgoing(replace(CHIEF, address="no-reply@townpd.example.gov")))

    assert told.value.permanent
    assert sink.mails == []
