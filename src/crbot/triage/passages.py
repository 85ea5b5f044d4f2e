"""A message cut into sentences, each with whose words they are: own, quoted, forwarded, printed under every mail.

What a sentence tells is read elsewhere; which words open a quotation or a signature stands in `words/passages.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crbot.triage.facts import Part
from crbot.triage.lines import Body, Role, trim
from crbot.triage.message import Channel, Message
from crbot.triage.phrases import Words, fold
from crbot.triage.quotations import Quotations
from crbot.triage.sentences import Sentences
from crbot.triage.signatures import Frame

__all__ = ["Role", "Sentence", "cut"]


class Sentence(NamedTuple):
    """A sentence, a line of a form or of a signature, with its place."""

    text: str
    start: int  # offset in characters in its part
    end: int
    part: Part
    role: Role
    is_question: bool = False
    label: str = (
        ""  # what stands before the colon of a form's line: "Pending litigation" of "Pending litigation: no"
    )


def cut(message: Message, words: Words) -> tuple[Sentence, ...]:
    """Cut the subject and the body into sentences, in order.

    Every visible character stands in exactly one sentence. Takes time in proportion to the length.
    """
    body = Body(message.body, words)
    quotations = Quotations(body, message)
    Frame(body).mark(quotations.blocks)
    quotations.adopt()
    found = Sentences(body, message.channel is Channel.SLACK).read()
    return (*_subject(message, quotations), *(_sentence(body, *each) for each in found))


def _subject(message: Message, quotations: Quotations) -> Iterator[Sentence]:
    text = message.subject
    start, end = trim(text, 0, len(text))
    if start == end:
        return
    role = Role.OWN
    if fold(text[start : start + 3]) == "re:":
        role = Role.QUOTED  # the other side may have chosen these words
    elif quotations.is_forward:
        role = Role.FORWARDED if quotations.adopts else Role.QUOTED
    yield Sentence(text[start:end], start, end, Part.SUBJECT, role, text.rstrip().endswith("?"))


def _sentence(body: Body, start: int, end: int, role: Role) -> Sentence:
    text = body.text[start:end]
    is_question = "?" in text and text.rstrip("\"'”’)]* ").endswith("?")
    label = body.label(start, end) if role is not Role.QUOTED else ""
    return Sentence(text, start, end, Part.BODY, role, is_question, label)
