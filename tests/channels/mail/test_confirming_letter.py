"""The letter that asks a head to confirm a request: its answer comes to an address that is good once, or it is not sent."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from crbot.cases.authority import Ticket
from crbot.cases.case import Conversation
from crbot.cases.letters import FIELDS, Letter, LetterName
from crbot.channels.mail.outlet import MailOutlet, OutletSettings
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.security import Security
from crbot.channels.render import EXAMPLE
from crbot.intake.ports import DeliveryFailed, Outgoing
from crbot.triage.message import Channel, Person
from crbot.wiring import load_letters
from tests.servers import Sink

DESK = "cri-intake@cops.example.gov"
REPLIES = ReplyAddresses(DESK, "key")
CHIEF = Person("Ann Reyes", "areyes@ashford.example.gov")
TICKET = Ticket("CRI-2026-0042", 1, date(2026, 3, 16))
LETTER = Letter(
    LetterName.CONFIRMATION_REQUEST,
    Conversation(Channel.EMAIL, CHIEF.address or "", subject="Please confirm a request", person=CHIEF),
    "CRI-2026-0042",
    {field: EXAMPLE[field] for field in FIELDS[LetterName.CONFIRMATION_REQUEST]},
    ticket=TICKET,
)
OUTGOING = Outgoing(1, "confirmation_request:1", LETTER, 1, "token")


def outlet(replies: ReplyAddresses | None, port: int = 1) -> MailOutlet:
    settings = OutletSettings("127.0.0.1", port, DESK, "Response Center", security=Security.NONE, timeout=5.0)
    return MailOutlet(settings, load_letters(), lambda: datetime(2026, 3, 2, tzinfo=UTC), replies)


def test_the_answer_comes_to_its_own_address_and_what_bounces_to_that_of_the_case(sink: Sink) -> None:
    with closing(outlet(REPLIES, sink.port)) as sending:
        sending.deliver(OUTGOING)

    (mail,) = sink.mails
    sent = message_from_bytes(mail.content or b"", policy=default)
    assert (REPLIES.confirming(TICKET) or "?") in str(sent["Reply-To"])
    assert mail.mail_from == REPLIES.of("CRI-2026-0042")
    assert str(sent["Subject"]) == "Please confirm a request [CRI-2026-0042]"


@pytest.mark.parametrize("replies", [None, ReplyAddresses(DESK)])
def test_without_a_key_it_is_not_sent(replies: ReplyAddresses | None) -> None:
    with pytest.raises(DeliveryFailed, match="CRBOT_MAIL__REPLY_KEY") as failure:
        outlet(replies).deliver(OUTGOING)

    assert failure.value.permanent


def test_there_is_nothing_in_it_to_click() -> None:
    rendered = load_letters().render(LETTER, Channel.EMAIL)

    assert "http" not in rendered.text
    assert "href" not in (rendered.html or "")
    assert "Yes, I authorize this" in rendered.text
