"""What is broken of ours is shown to staff in Slack, and by mail to an address of theirs: when it begins, and when over.

What is broken is found out by whoever sends or listens; a mail reaches staff also while Slack does not.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial

from crbot.cases.case import Conversation
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Notice
from crbot.intake.ports import Store, Trouble
from crbot.triage.message import Channel, Person

LINE = "line"  # where it is that nothing is heard from Slack


def alarm(store: Store, notice: Notice, now: datetime, where: str, to: str = "") -> bool:
    """Show staff what is broken: in Slack once a day as long as it is, by mail to `to` once.

    `where`: what tells by working again that it is over. False where Slack was shown it today.
    """
    if to:
        trouble = Trouble(where, notice.title, notice.text)
        store.begin_trouble(trouble, _letter(to, trouble, is_over=False), now)
    said = hashlib.sha256(f"{notice.title} {notice.text}".encode()).hexdigest()[:20]
    return store.post(notice, f"alarm:{said}:{now:%Y-%m-%d}", now)


def over(store: Store, where: str, now: datetime, to: str) -> None:
    """It works there again: whoever had a mail of it has another one."""
    if to:
        store.end_troubles(where, partial(_letter, to, is_over=True), now)


def _letter(to: str, trouble: Trouble, *, is_over: bool) -> Letter:
    subject = f"over: {trouble.title}" if is_over else trouble.title
    where = Conversation(Channel.EMAIL, to, subject=subject, person=Person(address=to))
    return Letter(LetterName.ALARM, where, fields={"name": "", "what": trouble.text, "is_over": is_over})
