"""Reads kept mail: a `Reader` for everything that came by e-mail, safe from what a mail may do to it."""

from __future__ import annotations

from dataclasses import replace

from crbot.channels.mail.confine import Confined, Limits
from crbot.channels.mail.mime import Mail, OurSide, parse_mail, received_of
from crbot.channels.mail.reports import letters_in
from crbot.intake.ports import Arrival, Ignored, Received
from crbot.triage.message import Mark


def read_mail(arrival: Arrival, mail: Mail, side: OurSide) -> Received | Ignored:
    """What is to be made of a mail that was parsed."""
    received = received_of(mail, side)
    is_automatic = Mark.AUTOMATIC in received.message.marks
    if (received.is_ours and is_automatic) or letters_in(received.identity.encode("utf-8", "replace")):
        return Ignored("a letter of our own came back to us")
    return _told_of_excerpt(received) if arrival.excerpt else received


class MailReader:
    """Parses in a confined process; who we are is not told there."""

    def __init__(self, side: OurSide, limits: Limits = Limits()) -> None:  # noqa: B008  (a frozen value)
        self._side = side
        self._parse = Confined(parse_mail, limits)

    def read(self, arrival: Arrival) -> Received | Ignored:
        """Read a kept mail. Raises `Unreadable` with the reason in words."""
        return read_mail(arrival, self._parse(arrival.raw), self._side)

    def close(self) -> None:
        """End the process; a later reading starts another."""
        self._parse.close()


def _told_of_excerpt(received: Received) -> Received:
    message = replace(received.message, marks=received.message.marks | {Mark.CUT})
    doubt = "The mail is larger than is taken in; only its beginning was read"
    return replace(received, message=message, doubts=(*received.doubts, doubt))
