"""What a machine's mail tells: what became of a letter of ours, or, by Outlook's name for it, how an invitation was answered.

Much of this mail keeps to no standard, so what the fields do not tell is looked for in the words. Which letter it is
about, the store finds out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crbot.cases.letters import Fate, Report
from crbot.cases.meetings import Participation
from crbot.channels.mail import calendar, headers, wording
from crbot.channels.mail.charsets import clean_line
from crbot.triage.message import Mark

MAX_RECIPIENTS = 20
MAX_LETTERS = 20
_MAX_REASON_CHARACTERS = 200
_SEARCHED_CHARACTERS = 100_000
_WORDS_CHARACTERS = 10_000

_FIELD = re.compile(r"^([A-Za-z-]{1,40}):[ \t]{0,20}(.{0,1000}(?:\n[ \t].{0,1000}){0,5})", re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_LINE = re.compile(r"^.{0,200}?\b[45]\d\d[ -].{1,300}$", re.MULTILINE)
_RETURNED = re.compile(r"^[> \t]{0,20}Message-ID:[ \t]{0,10}(<[^<>\s]{1,400}>)", re.IGNORECASE | re.MULTILINE)
_OURS = re.compile(rb"(crbot\.[0-9a-f]{40}@[A-Za-z0-9.-]{1,253})")

_FATES = {
    "failed": Fate.FAILED,
    "delayed": Fate.DELAYED,
    "delivered": Fate.ARRIVED,
    "relayed": Fate.ARRIVED,
    "expanded": Fate.ARRIVED,
}


def identities_in(text: str) -> list[str]:
    """The Message-IDs that stand in a text as in a header."""
    return _RETURNED.findall(text)


def letters_in(raw: bytes) -> list[str]:
    """The Message-IDs of letters of ours, wherever they stand: nobody else writes such ones."""
    return list(dict.fromkeys(f"<{match.decode('ascii')}>" for match in _OURS.findall(raw)))[:MAX_LETTERS]


def report_in(status_parts: list[str], body: str, letters: Iterable[str], failed: bytes) -> Report:
    """What a delivery report tells, from its fields as far as there are any, else from its words.

    `letters`: Message-IDs that it names. `failed`: the header X-Failed-Recipients.
    """
    fields = _fields("\n".join(status_parts))
    text = body[:_SEARCHED_CHARACTERS]
    return Report(
        fate=_fate(fields, text),
        letters=tuple(dict.fromkeys(letters))[:MAX_LETTERS],
        recipients=_recipients(fields, failed, text),
        status=_status(fields, text),
        reason=_reason(fields, text),
    )


def receipt_in(receipt_parts: list[str], letters: Iterable[str]) -> Report:
    """What a read receipt tells."""
    fields = _fields("\n".join(receipt_parts))
    named = headers.message_ids(fields.get("original-message-id", "").encode("utf-8", "replace"))
    recipients = _addresses(fields.get("final-recipient", "") + " " + fields.get("original-recipient", ""))
    return Report(Fate.OPENED, tuple(dict.fromkeys((*named, *letters)))[:MAX_LETTERS], recipients)


def _fields(text: str) -> dict[str, str]:
    """The first field of each name; a report on many recipients is told by its first."""
    found: dict[str, str] = {}
    for match in _FIELD.finditer(text[:_SEARCHED_CHARACTERS]):
        found.setdefault(match[1].casefold(), clean_line(match[2]))
    return found


def _fate(fields: dict[str, str], text: str) -> Fate:
    action = fields.get("action", "").partition(" ")[0].casefold()
    if action in _FATES:
        return _FATES[action]
    if fields.get("status", "").startswith("4") or wording.holds(
        text[:_WORDS_CHARACTERS], wording.STILL_TRIED
    ):
        return Fate.DELAYED
    return Fate.FAILED


def _recipients(fields: dict[str, str], failed: bytes, text: str) -> tuple[str, ...]:
    told = [fields.get("original-recipient", ""), fields.get("final-recipient", ""), headers.text_of(failed)]
    return _addresses(" ".join(told)) or _addresses(text)


def _addresses(text: str) -> tuple[str, ...]:
    found = (match[0].casefold() for match in _ADDRESS.finditer(text))
    return tuple(dict.fromkeys(found))[:MAX_RECIPIENTS]


def _status(fields: dict[str, str], text: str) -> str:
    match = _STATUS.search(fields.get("status", "")) or _STATUS.search(text)
    return match[1] if match else ""


def _reason(fields: dict[str, str], text: str) -> str:
    told = fields.get("diagnostic-code", "").partition(";")[2].strip()
    if not told:
        line = _SMTP_LINE.search(text)
        told = line[0] if line else ""
    return clean_line(told)[:_MAX_REASON_CHARACTERS]


def tells_status(text: str) -> bool:
    """A text holds what mail servers tell in numbers of what went wrong."""
    searched = text[:_SEARCHED_CHARACTERS]
    return _STATUS.search(searched) is not None or _SMTP_LINE.search(searched) is not None


# --- answers to invitations

_ANSWERS_BY_CLASS = {
    "pos": Participation.ACCEPTED,
    "neg": Participation.DECLINED,
    "tent": Participation.TENTATIVE,
}
_ANSWER_CLASS = re.compile(
    r"(?:ipm\.schedule\.meeting\.resp\.(pos|neg|tent)|.*\.mtgresp([pna])$)", re.IGNORECASE
)
_REPORT_CLASS = re.compile(r"report\..*\.(?:(ndr)|dr|ipnn?rn)$", re.IGNORECASE)
_SHORT_CLASSES = {"p": "pos", "n": "neg", "a": "tent"}


def answer_by_class(message_class: str, sender: str) -> str | None:
    """How an invitation was answered, by what Outlook calls the mail; None where it is no answer."""
    match = _ANSWER_CLASS.match(message_class)
    if match is None:
        return None
    told = match[1].casefold() if match[1] else _SHORT_CLASSES[match[2].casefold()]
    return calendar.in_words(_ANSWERS_BY_CLASS[told], sender)


def marks_of_class(message_class: str) -> set[Mark]:
    """What Outlook's name for a kind of mail says of how the mail came to be."""
    if _ANSWER_CLASS.match(message_class):
        return {Mark.CALENDAR}
    report = _REPORT_CLASS.match(message_class)
    if report is None:
        return set()
    return {Mark.AUTOMATIC, Mark.BOUNCE} if report[1] else {Mark.AUTOMATIC}
