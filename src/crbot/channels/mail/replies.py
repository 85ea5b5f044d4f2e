"""Addresses that answers to a letter come to: the desk's own, with the case behind a plus, signed.

Nobody can make one who does not hold the key. One that the head of an agency confirms a request at names the time it
was asked and its last day too. Who may add to a case, and whose answer counts, is the use case's to say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from crbot.cases.authority import Ticket

_MAX_LOCAL_CHARACTERS = 64
_SIGNATURE_CHARACTERS = 16  # of 5 bits each
_TAG = re.compile(
    rb"\+(cri-20\d\d-\d{4,7}(?:-\d{1,3}u\d{6})?-[a-z2-7]{%d})@" % _SIGNATURE_CHARACTERS, re.IGNORECASE
)
_TICKET = re.compile(r"(cri-\d{4}-\d{4,7})-(\d{1,3})u(\d{6})", re.ASCII)
_MAX_TAGS = 20


def tags_in(*texts: bytes) -> tuple[str, ...]:
    """What looks like a signed case in these bytes, folded, each once; which are genuine, `ReplyAddresses` tells."""
    found = (match[1].decode("ascii").casefold() for text in texts for match in _TAG.finditer(text))
    return tuple(dict.fromkeys(found))[:_MAX_TAGS]


class ReplyAddresses:
    """Makes and knows them. Without a key there are none: not every mail server delivers what has a plus."""

    def __init__(self, address: str, key: str = "") -> None:
        self._address = address
        self._key = key.encode()

    def of(self, case: str | None) -> str | None:
        """The address for answers to letters of a case; None where they come to the plain one."""
        return self._signed(case.casefold()) if case is not None else None

    def confirming(self, ticket: Ticket) -> str | None:
        """The address that the head of an agency answers to; None where there can be none."""
        return self._signed(f"{ticket.case.casefold()}-{ticket.round}u{ticket.until:%y%m%d}")

    def _signed(self, told: str) -> str | None:
        local, _, domain = self._address.rpartition("@")
        tagged = f"{local}+{told}-{self._signature(told)}"
        return f"{tagged}@{domain}" if self._key and len(tagged) <= _MAX_LOCAL_CHARACTERS else None

    def case_in(self, tags: Iterable[str]) -> str | None:
        """The case whose signature is genuine, of the first tag that has one."""
        told = next(self._genuine(tags), None)
        ticket = _TICKET.fullmatch(told) if told else None
        return (ticket[1] if ticket else told).upper() if told else None

    def ticket_in(self, tags: Iterable[str]) -> Ticket | None:
        """What the first genuine tag tells that answers to a confirmation come to."""
        found = (match for told in self._genuine(tags) if (match := _TICKET.fullmatch(told)))
        match = next(found, None)
        # What is signed was written by us, so that the day is one.
        return (
            Ticket(match[1].upper(), int(match[2]), datetime.strptime(match[3], "%y%m%d").date())  # noqa: DTZ007
            if match
            else None
        )

    def _genuine(self, tags: Iterable[str]) -> Iterator[str]:
        for tag in tags if self._key else ():
            told, _, signature = tag.rpartition("-")
            if hmac.compare_digest(self._signature(told), signature.casefold()):
                yield told.casefold()

    def _signature(self, told: str) -> str:
        digest = hmac.new(self._key, f"reply to {told.casefold()}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii")[:_SIGNATURE_CHARACTERS].casefold()
