"""Bytes → a message: what a mail says, from whom, in answer to what, and what staff should know of it.

Pure. What a hostile mail could do to the program that reads it is `confine`'s affair.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crbot.cases.case import Conversation
from crbot.cases.letters import Report
from crbot.cases.meetings import CalendarAnswer, Participation
from crbot.channels.mail import calendar, charsets, headers, markup, parts, reports, winmail
from crbot.channels.mail.machines import (
    is_failure_passed_on,
    is_nobodys,
    is_unwritten_answer,
    marks_of,
    opens_as_failure,
    says_failure,
    tells_of_failure,
)
from crbot.channels.mail.parts import Part
from crbot.channels.mail.replies import ReplyAddresses, tags_in
from crbot.channels.mail.sender import (
    UNKNOWN_BORDER,
    Border,
    doubts_about,
    doubts_about_domain,
    doubts_about_names,
    proof_of,
)
from crbot.intake.ports import File, Proof, Received, Unreadable
from crbot.intake.threads import is_own
from crbot.triage.message import Channel, Mark, Message, Person

MAX_TEXT_CHARACTERS = 200_000
MAX_TEXT_BYTES = 2_000_000  # of all text parts of a mail together, as they are encoded
MAX_SUBJECT_CHARACTERS = 1_000
MAX_ANSWERED_SUBJECT_CHARACTERS = 200
MAX_ATTACHMENTS = 100
MAX_CHECKS = 10
MAX_NAMED_DOMAINS = 30
MAX_FORWARDS = 2  # a forward within a forward is opened, one within that is not

_CASE_NUMBER = re.compile(r"(?<![A-Za-z0-9])CRI-(20\d\d)-(\d{4,7})(?![0-9])", re.IGNORECASE)
_NAMED_DOMAIN = re.compile(
    r"@((?:[\w-]{1,63}\.){1,6}[a-z]{2,20})(?![\w-])|\b(?:www\.|https?://(?:www\.)?)((?:[\w-]{1,63}\.){1,6}[a-z]{2,20})(?![\w-])",
    re.IGNORECASE,
)
_REPORTS = frozenset(
    {
        "message/delivery-status",
        "message/feedback-report",
        "message/disposition-notification",
        "message/global-delivery-status",
    }
)
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_FORWARDS = frozenset({"message/rfc822", "message/global", "message/news"})
_BEGINS_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_MADE_UP = "@no-message-id.invalid>"
_SILENT = frozenset({Mark.AUTOMATIC, Mark.BOUNCE, Mark.CALENDAR})


@dataclass(frozen=True, slots=True)
class Mail:
    """All that is taken from one mail."""

    sender: Person
    body: str
    subject: str
    sent_at: datetime | None
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    attachments: tuple[str, ...]
    marks: frozenset[Mark]
    identity: str  # its Message-ID, or one made from its content
    refers_to: tuple[str, ...]  # nearest first
    references: tuple[str, ...]  # the chain as it stands, farthest first
    hidden: str  # text that a person would not see
    doubts: tuple[str, ...]
    files: tuple[File, ...]
    report: Report | None
    calendar: CalendarAnswer | None
    gist: str
    tags: tuple[str, ...]  # behind a plus in an address that it was written to: perhaps a case of ours
    named_domains: tuple[str, ...]  # of the addresses that it names beside its sender's
    checks: tuple[str, ...]  # what servers on the way say of its sender, topmost first


@dataclass(frozen=True, slots=True)
class OurSide:
    """What is known of our side."""

    own: frozenset[str] = frozenset()  # our own addresses, folded: never answered
    replies: ReplyAddresses | None = None
    border: Border = UNKNOWN_BORDER
    known_domains: frozenset[str] = frozenset()  # beside our own: what resembles one of them is pointed out

    @property
    def guarded_domains(self) -> frozenset[str]:
        return self.known_domains | {_domain(address) for address in self.own}


def received(raw: bytes, side: OurSide) -> Received:
    """Read a mail. Raises `Unreadable`."""
    return received_of(parse_mail(raw), side)


def received_of(mail: Mail, side: OurSide) -> Received:
    """What the use case needs of a mail."""
    proof = proof_of(mail.sender, mail.checks, side.border)
    return Received(
        message=Message(
            channel=Channel.EMAIL,
            sender=mail.sender,
            body=mail.body,
            subject=mail.subject,
            sent_at=mail.sent_at,
            to=mail.to,
            cc=mail.cc,
            attachments=mail.attachments,
            marks=mail.marks,
        ),
        identity=mail.identity,
        conversation=_conversation(mail, side.own),
        refers_to=mail.refers_to,
        case_number=_case_number(mail.subject),
        proven_case=side.replies.case_in(mail.tags) if side.replies else None,
        ticket=side.replies.ticket_in(mail.tags) if side.replies else None,
        report=mail.report,
        calendar=mail.calendar,
        gist=mail.gist,
        files=mail.files,
        proof=proof,
        is_ours=is_own(mail.sender.address or "", side.own) and proof is not Proof.FAILED,
        doubts=(
            *doubts_about(proof, mail.sender),
            *doubts_about_domain(mail.sender, side.guarded_domains, mail.named_domains),
            *mail.doubts,
        ),
    )


def _conversation(mail: Mail, own: frozenset[str]) -> Conversation:
    person = _answered_person(mail, own)
    return Conversation(
        channel=Channel.EMAIL,
        address=person.address or "" if person else "",
        # An answer that refers to an identity of our making would refer to nothing at the other end.
        thread="" if mail.identity.endswith(_MADE_UP) else mail.identity,
        references=mail.references,
        subject=mail.subject[:MAX_ANSWERED_SUBJECT_CHARACTERS],
        person=person or mail.sender,
    )


def _answered_person(mail: Mail, own: frozenset[str]) -> Person | None:
    """The one person whom an answer may go to; None where it may go to nobody."""
    sender = mail.sender
    if sender.address is None or mail.marks & _SILENT:
        return None
    only = mail.reply_to[0] if len(mail.reply_to) == 1 else sender
    # Elsewhere, or to several at once, an answer would make us the tool of whoever wrote the header.
    is_of_the_house = only.address is not None and _domain(only.address) == _domain(sender.address)
    person = only if is_of_the_house else sender
    address = person.address or ""
    return None if is_own(address, own) or is_nobodys(address) else person


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _case_number(subject: str) -> str | None:
    match = _CASE_NUMBER.search(subject)
    return f"CRI-{match[1]}-{match[2]}" if match else None


def parse_mail(raw: bytes) -> Mail:
    """Read a mail as far as its bytes allow. Raises `Unreadable`, and nothing else."""
    try:
        return _parsed(raw)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"The mail could not be read: {type(error).__name__}") from error


def _parsed(raw: bytes) -> Mail:
    budget = parts.Budget()
    root = parts.split(raw, budget)
    gathered = _Gathering(budget)
    body = gathered.body(root)
    if not root.fields and not body.strip():
        raise Unreadable(
            "The mail is empty" if not raw.strip() else "The mail holds neither headers nor text"
        )
    sender, sender_doubts = _sender(root)
    subject = headers.text_of(root.first("subject") or b"")
    gathered.weigh(root, subject, body)
    references = tuple(dict.fromkeys(_ids(root, "references")))[-headers.MAX_MESSAGE_IDS :]
    marks = set(gathered.marks)
    nearest_first = (*_ids(root, "in-reply-to"), *reversed(references))
    named = gathered.named(raw, body)
    if (
        Mark.BOUNCE in marks
    ):  # who returns a mail says by it what he is about; who forwards one may mean anything
        nearest_first = (*named, *nearest_first)
    report = gathered.report(root, body, (*named, *nearest_first))
    to, cc, reply_to = (_people(root, name) for name in ("to", "cc", "reply-to"))
    if len(body) > MAX_TEXT_CHARACTERS or len(subject) > MAX_SUBJECT_CHARACTERS or budget.is_cut:
        marks |= {Mark.CUT}
    return Mail(
        sender=sender,
        body=body[:MAX_TEXT_CHARACTERS],
        subject=subject[:MAX_SUBJECT_CHARACTERS],
        sent_at=headers.date_of(root.first("date") or b""),
        to=to,
        cc=cc,
        reply_to=reply_to,
        attachments=tuple(gathered.attachments[:MAX_ATTACHMENTS]),
        marks=frozenset(marks),
        identity=_identity(root),
        refers_to=tuple(dict.fromkeys((*nearest_first, *named)))[: headers.MAX_MESSAGE_IDS],
        references=references,
        hidden=" ".join(gathered.hidden)[: markup.MAX_HIDDEN_CHARACTERS],
        doubts=(*sender_doubts, *_doubts(sender, reply_to, marks, gathered)),
        files=tuple(gathered.files[:MAX_ATTACHMENTS]),
        report=report,
        calendar=gathered.calendar_answer(sender),
        gist=gathered.gist(sender),
        # Who passes a letter of ours on names its address in the words below, as a bounce does anywhere.
        tags=tags_in(raw if Mark.BOUNCE in marks else raw[: root.start], body.encode("utf-8", "replace")),
        named_domains=_domains_named((*to, *cc, *reply_to), body),
        checks=tuple(
            headers.unfolded(line).decode("utf-8", "replace")
            for line in root.all("authentication-results")[:MAX_CHECKS]
        ),
    )


def identity_and_content_of(raw: bytes) -> tuple[str, str]:
    """The Message-ID as it stands in a mail, and a hash of what a second delivery would not change.

    Each is "" where there is none: without Message-ID and date nothing tells a copy from the same words written anew.
    Reads the headers only.
    """
    root = parts.split(raw[: parts.MAX_HEADER_BLOCK_BYTES], parts.Budget(parts=1))
    message_id = next(iter(_ids(root, "message-id")), "")
    if not message_id and not root.first("date"):
        return "", ""
    told = [headers.unfolded(root.first(name) or b"") for name in (*_WRITTEN_BY_THE_SENDER, "message-id")]
    content = hashlib.sha256(b"".join(each + b"\0" for each in told))
    for piece in _pieces(raw, root.start):
        content.update(piece.replace(b"\r\n", b"\n"))
    return message_id, content.hexdigest()


_PIECE_BYTES = 1_000_000


def _pieces(raw: bytes, start: int) -> Iterator[bytes]:
    """What follows `start` but blanks at the end, in pieces that cut no line end in two."""
    end = len(raw)
    while end > start and not (last := raw[max(start, end - _PIECE_BYTES) : end].rstrip()):
        end = max(start, end - _PIECE_BYTES)
    end = max(start, end - _PIECE_BYTES) + len(last) if end > start else start
    while start < end:
        cut = min(start + _PIECE_BYTES, end)
        cut += raw[cut - 1 : cut + 1] == b"\r\n"
        yield raw[start:cut]
        start = cut


def sender_and_subject_of(head: bytes) -> tuple[str, str]:
    """Who wrote and about what, as it is shown in lists."""
    root = parts.split(head[: parts.MAX_HEADER_BLOCK_BYTES], parts.Budget(parts=1))
    sender = headers.text_of(root.first("from") or b"")
    return sender[:200], headers.text_of(root.first("subject") or b"")[:200]


_WRITTEN_BY_THE_SENDER = ("from", "to", "cc", "date", "subject", "in-reply-to", "references", "content-type")


def _ids(root: Part, name: str) -> tuple[str, ...]:
    return headers.message_ids(b" ".join(root.all(name)[:5]))


def _identity(root: Part) -> str:
    """The Message-ID; else one made of what a second delivery would not change."""
    found = _ids(root, "message-id")
    if found:
        return found[0]
    told = [headers.unfolded(root.first(name) or b"") for name in ("from", "to", "cc", "date", "subject")]
    content = hashlib.sha256(b"".join(each + b"\0" for each in told))
    content.update(memoryview(root.raw)[root.start : root.end])
    return f"<{content.hexdigest()[:40]}{_MADE_UP}"


def _people(root: Part, name: str) -> tuple[Person, ...]:
    mailboxes = headers.mailboxes_of(b",".join(root.all(name)))
    return tuple(Person(mailbox.name, mailbox.address) for mailbox in mailboxes)


def _domains_named(people: Iterable[Person], body: str) -> tuple[str, ...]:
    written = (match[1] or match[2] for match in _NAMED_DOMAIN.finditer(body[:MAX_TEXT_CHARACTERS]))
    found = (*(_domain(person.address or "") for person in people), *(each.casefold() for each in written))
    return tuple(dict.fromkeys(filter(None, found)))[:MAX_NAMED_DOMAINS]


def _sender(root: Part) -> tuple[Person, tuple[str, ...]]:
    """Who wrote, and what speaks against it. Where two could be meant, nobody is."""
    lines = list(dict.fromkeys(headers.unfolded(line) for line in root.all("from")))
    mailboxes = headers.mailboxes_of(b",".join(lines))
    if len(mailboxes) == 1 and mailboxes[0].address:
        return Person(mailboxes[0].name, mailboxes[0].address), ()
    shown = headers.text_of(b", ".join(lines))[:200]
    if sum(line.count(b"@") for line in lines) > 1:
        return Person(shown), ("It is not clear which of several addresses the mail is from",)
    return Person(shown), ("The mail has no sender address",)


def _doubts(
    sender: Person, reply_to: tuple[Person, ...], marks: Iterable[Mark], gathered: _Gathering
) -> tuple[str, ...]:
    found = [*doubts_about_names(sender, reply_to), *dict.fromkeys(gathered.doubts)]
    if gathered.hidden:
        beginning = " ".join(gathered.hidden)[:200]
        found.append(f"The mail holds text that a reader does not see: “{beginning}”")
    if Mark.ENCRYPTED in marks:
        found.append(f"The mail is encrypted ({gathered.sealed or 'PGP'}); its words cannot be read here")
    elif gathered.sealed:
        found.append(
            f"The mail is packed into its signature ({gathered.sealed}); its words cannot be read here"
        )
    if Mark.CUT in marks:
        found.append("The mail is longer or more nested than is read; its beginning was")
    return tuple(found)


class _Text(NamedTuple):
    """Text of one part, or of several put together."""

    text: str
    is_from_html: bool = False
    hidden: str = ""


class _Gathering:
    """Goes through the parts of a mail once, and gathers what they hold."""

    def __init__(self, budget: parts.Budget) -> None:
        self.marks: set[Mark] = set()
        self.attachments: list[str] = []
        self.hidden: list[str] = []
        self.doubts: list[str] = []
        self._budget = budget
        self._bytes_left = MAX_TEXT_BYTES
        self._attached: list[str] = []  # text files: the letter itself, where the mail holds no other text
        self.files: list[File] = []
        self._returned: list[str] = []
        self._status_parts: list[str] = []
        self._receipt_parts: list[str] = []
        self._answers: list[str] = []  # calendar files that answer an invitation
        self._packed: list[_Text] = []  # what is in a winmail.dat
        self._packed_classes: list[str] = []
        self.sealed = ""  # how: S/MIME or PGP
        self._is_feedback = False

    def body(self, root: Part) -> str:
        text = self._text(root, 0)
        packed = _joined(self._packed)
        if _says_much_less(text, packed):  # mostly it holds once more what stands in the mail as plain text
            text = _joined([text, packed])
        if text.hidden:
            self.hidden.append(text.hidden)
            self.marks.add(Mark.HIDDEN)
        if self._budget.is_damaged:
            self.marks.add(Mark.DAMAGED)
        body = text.text if text.text.strip() else "\n\n".join(self._attached)
        if body.lstrip().startswith(_BEGINS_ENCRYPTED):
            self.marks.add(Mark.ENCRYPTED)
        return body.strip("\n")

    def weigh(self, root: Part, subject: str, body: str) -> None:
        """Put together what headers, parts and words say of how the mail came to be."""
        self.marks |= marks_of(root)
        is_failure = tells_of_failure(subject) or is_failure_passed_on(subject, body)
        if (is_failure and says_failure(body)) or (
            (is_failure or opens_as_failure(body)) and self._has_failed(body)
        ):
            self.marks |= {Mark.BOUNCE, Mark.AUTOMATIC}
        if is_unwritten_answer(subject, body):
            self.marks |= {Mark.AUTOMATIC}

    def _has_failed(self, body: str) -> bool:
        """The mail that did not arrive is there, or a mail server's code for the reason."""
        return bool(self._returned or reports.identities_in(body) or reports.tells_status(body))

    def named(self, raw: bytes, body: str) -> tuple[str, ...]:
        """The Message-IDs of mails that are attached or quoted, and of letters of ours wherever they stand."""
        quoted = reports.identities_in(body) if Mark.BOUNCE in self.marks else []
        ours = reports.letters_in(body.encode("utf-8", "replace"))
        if Mark.BOUNCE in self.marks:
            ours += reports.letters_in(raw)
        return tuple(dict.fromkeys((*ours, *self._returned, *quoted)))

    def report(self, root: Part, body: str, named: Iterable[str]) -> Report | None:
        if self._receipt_parts:
            return reports.receipt_in(self._receipt_parts, named)
        if Mark.BOUNCE not in self.marks or self._is_feedback:
            return None
        return reports.report_in(self._status_parts, body, named, root.first("x-failed-recipients") or b"")

    def gist(self, sender: Person) -> str:
        """What a machine's mail says, in words; "" where it is no answer to an invitation and no complaint."""
        if self._is_feedback:
            return "A mail provider passes on that a letter of ours was called unwanted"
        who = sender.name or sender.address or "Somebody"
        answers: list[str | None] = [self._in_words(text, sender, who) for text in self._answers]
        answers += [reports.answer_by_class(each, who) for each in self._packed_classes]
        return next(filter(None, answers), "")

    def calendar_answer(self, sender: Person) -> CalendarAnswer | None:
        answers = (calendar.read_answer(text, sender.address or "") for text in self._answers)
        return next(filter(None, answers), None)

    def _in_words(self, text: str, sender: Person, who: str) -> str:
        answer = calendar.read_answer(text, sender.address or "")
        says, summary = (answer.says, answer.summary) if answer else (Participation.UNKNOWN, "")
        return calendar.in_words(says, who, summary)

    def _text(self, part: Part, forwards: int) -> _Text:
        if part.content_type == "multipart/encrypted":
            self.marks.add(Mark.ENCRYPTED)
            self.sealed = "PGP"
            for child in part.children:
                self._attach(child)
            return _Text("")
        if part.content_type == "multipart/report":
            self._note_report(part)
        if part.children:
            texts = [self._text(child, forwards) for child in part.children]
            return _best_of(texts) if part.content_type == "multipart/alternative" else _joined(texts)
        if part.content_type in _FORWARDS:
            return self._forwarded(part, forwards)
        if part.main_type in ("text", "multipart"):  # a multipart without parts: whatever it is, show it
            return self._text_part(part)
        self._note(part)
        return _Text("")

    def _note_report(self, part: Part) -> None:
        """A receipt comes back from a machine, any other report because a mail did not arrive."""
        self.marks.add(Mark.AUTOMATIC)
        if part.parameters.get("report-type", "").casefold() != "disposition-notification":
            self.marks.add(Mark.BOUNCE)

    def _note(self, part: Part) -> None:
        """Note a part that is not read, by its name."""
        if part.content_type in _REPORTS:
            self._note_report_part(part)
            return
        if part.content_type in _SIGNATURES:
            return
        if part.content_type in _ENVELOPES:
            self.sealed = "S/MIME"
            if part.parameters.get("smime-type", "").casefold() != "signed-data":
                self.marks.add(Mark.ENCRYPTED)
        is_picture_in_text = part.main_type == "image" and not part.filename
        if not is_picture_in_text:
            self._attach(part)
        if part.content_type == "application/ms-tnef" or _file_name(part).casefold() == "winmail.dat":
            self._unpack(part)

    def _unpack(self, part: Part) -> None:
        """Read a winmail.dat: words, and files by name, size and hash."""
        content, is_cut = part.content(winmail.MAX_BYTES)
        try:
            packed = winmail.unpack(content)
        except winmail.NoWinmail:
            self.doubts.append("The mail holds a winmail.dat, which cannot be read")
            return
        self._budget.is_cut |= is_cut
        self._take_packed(packed)

    def _take_packed(self, packed: winmail.Packed) -> None:
        self._packed_classes.append(packed.message_class)
        self.marks |= reports.marks_of_class(packed.message_class)
        rich = _Text(charsets.clean_text(packed.rtf.text), is_from_html=True, hidden=packed.rtf.hidden)
        html = self._seen(packed.html[: self._bytes_left])
        self._packed.append(_best_of([_Text(charsets.clean_text(packed.text)), rich, html]))
        for file in packed.files:
            digest = hashlib.sha256(file.content).hexdigest()
            self._note_file(_shown_name(file.name, "in winmail.dat"), len(file.content), digest)
        for mail in packed.mails:
            self._take_packed(mail)

    def _note_report_part(self, part: Part) -> None:
        self.marks.add(Mark.AUTOMATIC)
        if part.content_type == "message/disposition-notification":
            self._receipt_parts.append(self._decoded(part))
            return
        self.marks.add(Mark.BOUNCE)
        if part.content_type == "message/feedback-report":
            self._is_feedback = True
        else:
            self._status_parts.append(self._decoded(part))

    def _attach(self, part: Part) -> None:
        """Note an attachment by name, size and hash. What is in it is not looked at: nothing is unpacked."""
        size_bytes, content = 0, hashlib.sha256()
        for piece in part.pieces():
            size_bytes += len(piece)
            content.update(piece)
        self._note_file(_file_name(part), size_bytes, content.hexdigest())

    def _note_file(self, name: str, size_bytes: int, sha256: str) -> None:
        self.attachments.append(name)
        self.files.append(File(name, size_bytes, sha256))

    def _text_part(self, part: Part) -> _Text:
        if part.content_type == "text/calendar":
            return self._calendar(part)
        if part.content_type in ("text/rfc822-headers", "text/rfc822-header"):
            self._returned.extend(reports.identities_in(self._decoded(part)))
            return _Text("")
        is_html = part.content_type in ("text/html", "text/enriched", "text/richtext")
        is_body = is_html or part.content_type == "text/plain" or not part.filename
        is_attached = part.disposition == "attachment" or not is_body
        if is_attached or part.filename:
            self._attach(part)
        if is_attached:
            if is_body:
                self._attached.append(self._shown(part, is_html).text)
            return _Text("")
        return self._shown(part, is_html)

    def _calendar(self, part: Part) -> _Text:
        text = self._decoded(part)
        method = part.parameters.get("method", "")
        if calendar.is_answer(text, method):
            self.marks.add(Mark.CALENDAR)
            self._answers.append(text)
        self._attach(part)
        return _Text("")

    def _shown(self, part: Part, is_html: bool) -> _Text:
        text = self._decoded(part)
        return self._seen(text) if is_html else _Text(text)

    def _seen(self, html: str) -> _Text:
        seen = markup.seen(html)
        self._budget.is_cut |= seen.is_cut
        self._budget.is_damaged |= seen.is_damaged
        return _Text(
            charsets.clean_text(seen.text), is_from_html=True, hidden=charsets.clean_line(seen.hidden)
        )

    def _decoded(self, part: Part) -> str:
        content, is_cut = part.content(self._bytes_left)
        self._bytes_left -= min(self._bytes_left, part.end - part.start)
        self._budget.is_cut |= is_cut
        declared = part.parameters.get("charset", "")
        if not declared and part.content_type == "text/html":
            declared = _charset_of_page(content)
        decoded = charsets.decoded(content, declared)
        self._budget.is_damaged |= decoded.is_damaged
        if decoded.doubt:
            self.doubts.append(decoded.doubt)
        return charsets.clean_text(decoded.text)

    def _forwarded(self, part: Part, forwards: int) -> _Text:
        """A mail within the mail, under the heading by which mail programs mark it."""
        if forwards >= MAX_FORWARDS or self._budget.parts <= 0:
            self._budget.is_cut = True
            self._attach(part)
            return _Text("")
        inner = part.mail_within(self._budget, parts.MAX_DEPTH - 8 + forwards)
        self._returned.extend(_ids(inner, "message-id"))
        if inner.first(
            "x-hmxmroriginalrecipient"
        ):  # so a large provider passes complaints on, and in no other way
            self._is_feedback = True
        marks_of_ours = set(self.marks)
        text = self._text(inner, forwards + 1)
        # Somebody who passes a bounce on is no machine: what the inner mail is says nothing of the outer one.
        self.marks = marks_of_ours | (self.marks & {Mark.ENCRYPTED})
        if self._is_feedback:
            self.marks |= {Mark.AUTOMATIC, Mark.BOUNCE}
        shown = [f"{label}: {headers.text_of(inner.first(name) or b'')[:1000]}" for label, name in _HEADING]
        heading = "\n".join(["---------- Forwarded message ---------", *shown])
        return text._replace(text=f"{heading}\n\n{text.text}")


_HEADING = (("From", "from"), ("Date", "date"), ("Subject", "subject"), ("To", "to"))


def _joined(texts: list[_Text]) -> _Text:
    told = [text for text in texts if text.text.strip() or text.hidden]
    return _Text(
        "\n\n".join(text.text.strip("\n") for text in told if text.text.strip()),
        is_from_html=bool(told) and all(text.is_from_html for text in told),
        hidden=" ".join(text.hidden for text in told if text.hidden),
    )


def _best_of(texts: list[_Text]) -> _Text:
    """Of several forms of one text the plain one, unless it says much less than the other."""
    told = [text for text in texts if text.text.strip()]
    plain = [text for text in told if not text.is_from_html]
    rich = [text for text in told if text.is_from_html]
    if not plain or not rich:
        return (plain or rich or [_Text("")])[0]
    return rich[-1] if _says_much_less(plain[0], rich[-1]) else plain[0]


def _says_much_less(one: _Text, other: _Text) -> bool:
    return len(one.text[:50_000].split()) * 2 < len(other.text[:50_000].split())


_CHARSET_OF_PAGE = re.compile(rb"<meta[^<>]{0,200}?charset=[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)


def _charset_of_page(content: bytes) -> str:
    match = _CHARSET_OF_PAGE.search(content[:4000])
    return match[1].decode("ascii") if match else ""


def _file_name(part: Part) -> str:
    """A name that can be shown: no folders, no line ends, not endless."""
    return _shown_name(part.filename, part.content_type)


def _shown_name(told: str, kind: str) -> str:
    name = charsets.clean_line(told.replace("\\", "/").rpartition("/")[2])
    if not name:
        return f"unnamed ({kind[:80]})"
    return name if len(name) <= 120 else f"{name[:100]}…{name[-19:]}"
