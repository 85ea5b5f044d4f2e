"""Addresses that answers to a letter come to: the desk's own, with the case behind a plus, signed.

Nobody can make one who does not hold the key. Who may add to a case is the use case's to say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

_MAX_LOCAL_CHARACTERS = 64
_SIGNATURE_CHARACTERS = 16  # of 5 bits each
_TAG = re.compile(rb"\+(cri-20\d\d-\d{4,7}-[a-z2-7]{%d})@" % _SIGNATURE_CHARACTERS, re.IGNORECASE)
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
        local, _, domain = self._address.rpartition("@")
        if not self._key or case is None:
            return None
        tagged = f"{local}+{case.casefold()}-{self._signature(case)}"
        return f"{tagged}@{domain}" if len(tagged) <= _MAX_LOCAL_CHARACTERS else None

    def case_in(self, tags: Iterable[str]) -> str | None:
        """The case whose signature is genuine, of the first tag that has one."""
        if not self._key:
            return None
        for tag in tags:
            number, _, signature = tag.rpartition("-")
            if hmac.compare_digest(self._signature(number), signature.casefold()):
                return number.upper()
        return None

    def _signature(self, case: str) -> str:
        digest = hmac.new(self._key, f"reply to {case.casefold()}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii")[:_SIGNATURE_CHARACTERS].casefold()
