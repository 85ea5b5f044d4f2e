"""Messages from files, decided without a database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from crbot.channels import lines
from crbot.channels.mail.mime import OurSide
from crbot.channels.mail.reader import MailReader
from crbot.intake.ports import Arrival, Received, Unreadable
from crbot.triage.decide import decide
from crbot.triage.decision import Decision
from crbot.triage.message import Channel
from crbot.triage.policy import Policy


@dataclass(frozen=True, slots=True)
class Triaged:
    """What came of one mail of a file."""

    name: str
    decision: Decision | None
    trouble: str = ""  # why there is no decision


def triage_mails(mails: Iterable[tuple[str, bytes]], policy: Policy) -> Iterator[Triaged]:
    """Decide about mails, each on its own; one that can't be read does not stop the next."""
    reader = MailReader(OurSide())
    try:
        for name, raw in mails:
            try:
                received = reader.read(Arrival(Channel.EMAIL, name, raw, datetime.min.replace(tzinfo=UTC)))
            except Unreadable as error:
                yield Triaged(name, None, str(error))
                continue
            assert isinstance(received, Received)
            yield Triaged(name, decide(received.message, policy))
    finally:
        reader.close()


def as_json(triaged: Triaged, policy: Policy) -> str:
    """One object on one line: the source, and the fields of a labelled line or the error."""
    told = lines.told(triaged.decision, policy) if triaged.decision else {"error": triaged.trouble}
    return json.dumps({"source": triaged.name, **told}, ensure_ascii=False)


def decide_lines(stream: Iterable[bytes], policy: Policy) -> Iterator[str]:
    """The decision about each labelled line, as a line; one that can't be read gives an error line."""
    return lines.decide_lines((line.decode("utf-8", "replace") for line in stream), policy)
