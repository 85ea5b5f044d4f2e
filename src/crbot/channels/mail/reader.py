"""Reads kept mail: a `Reader` for everything that came by e-mail, safe from what a mail may do to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from crbot.channels.mail.confine import Confined, Limits
from crbot.channels.mail.mime import parse_mail, received_of
from crbot.intake.ports import Arrival, Ignored, Received
from crbot.triage.message import Mark


class MailReader:
    """Parses in a confined process. `own`: our addresses, which are never answered."""

    def __init__(self, own: Iterable[str], limits: Limits = Limits()) -> None:  # noqa: B008  (a frozen value)
        self._own = frozenset(address.casefold() for address in own)
        self._parse = Confined(parse_mail, limits)

    def read(self, arrival: Arrival) -> Received | Ignored:
        """Read a kept mail. Raises `Unreadable` with the reason in words."""
        mail = self._parse(arrival.raw)
        is_ours = (mail.sender.address or "").casefold() in self._own
        if is_ours and Mark.AUTOMATIC in mail.marks:
            return Ignored("a letter of our own came back to us")
        received = received_of(mail, self._own)
        return _told_of_excerpt(received) if arrival.excerpt else received

    def close(self) -> None:
        """End the process; a later reading starts another."""
        self._parse.close()


def _told_of_excerpt(received: Received) -> Received:
    message = replace(received.message, marks=received.message.marks | {Mark.CUT})
    doubt = "The mail is larger than is taken in; only its beginning was read"
    return replace(received, message=message, doubts=(*received.doubts, doubt))
