"""A body cut into sentences, each with whose words they are.

What a sentence tells is read elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.phrases import Words


class Role(StrEnum):
    """Whose words a sentence holds."""

    OWN = "own"
    QUOTED = "quoted"  # of an earlier message
    FORWARDED = "forwarded"  # of somebody else, which the sender makes their own matter
    SIGNATURE = "signature"
    BOILERPLATE = "boilerplate"
    SALUTATION = "salutation"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a line of a form or of a signature, with its place."""

    text: str
    start: int  # offset in characters in its part
    end: int
    part: Part
    role: Role
    is_question: bool = False
    label: str = ""  # what stands before the colon of a form's line


_SENTENCE = re.compile(r"[^\n.!?;]+[.!?;]*")


def cut(message: Message, words: Words) -> tuple[Sentence, ...]:
    """Cut the subject and the body into sentences."""
    return (*_sentences(message.subject, Part.SUBJECT), *_sentences(message.body, Part.BODY))


def _sentences(text: str, part: Part) -> list[Sentence]:
    return [
        Sentence(match[0], match.start(), match.end(), part, Role.OWN, match[0].rstrip().endswith("?"))
        for match in _SENTENCE.finditer(text)
        if match[0].strip()
    ]
