"""Letters → mail, handed to an SMTP server.

Never tries again by itself: whether and when is the use case's. How a letter reads is `render`'s.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
import socket
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

import structlog

from crbot.cases.authority import Ticket
from crbot.cases.letters import Letter
from crbot.cases.meetings import Invitation
from crbot.channels.mail.calendar import written
from crbot.channels.mail.charsets import clean_line
from crbot.channels.mail.headers import is_address, message_ids
from crbot.channels.mail.imap import MailboxAway
from crbot.channels.mail.machines import is_nobodys
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.security import Security, tls_context
from crbot.channels.mail.sent import SentFolder
from crbot.channels.mail.tokens import TokenRefused, TokenSource
from crbot.channels.render import Rendered, Renderer, TemplateError
from crbot.intake.ports import DeliveryFailed, NotYet, Outgoing, Receipt
from crbot.triage.message import Channel

log = structlog.get_logger()

MAX_REFERENCES = 20
_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class OutletSettings:
    """Where letters are handed in, and whose name they bear."""

    host: str
    port: int
    address: str  # the desk's own: letters come from it, and answers go to it
    name: str = ""
    username: str = ""  # "": no login
    password: str = field(default="", repr=False)
    security: Security = Security.SSL
    timeout: float = 30.0  # seconds that the server may take for one answer
    timeout_at_end: float = 300.0  # … and for the last one, when it has the whole letter
    per_minute: int = 0  # letters that the server takes; 0: any number
    copies_sent: bool = (
        False  # a copy is laid into the folder of sent mail, where the server does not do it itself
    )


class _Policy(EmailPolicy):
    """Long Message-IDs stay as they are: the standard library would encode them, and part the thread."""

    def fold(self, name: str, value: str) -> str:
        if name.casefold() in ("in-reply-to", "references"):
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def message_id(key: str, address: str) -> str:
    """The identity of what is sent for this row of the outbox: the same at every try."""
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]
    return f"<crbot.{digest}@{address.rpartition('@')[2]}>"


def composed(
    letter: Letter,
    rendered: Rendered,
    key: str,
    sender: OutletSettings,
    now: datetime,
    answers_to: str | None = None,
) -> EmailMessage:
    """The mail for a letter, with an identity made of `key`. Raises ValueError when nobody can be written to.

    `answers_to`: the address that answers are to come to, where it is another than the sender's.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _mailbox(sender.name, sender.address)
    mail["To"] = _mailbox(letter.to.person.name, letter.to.address)
    if answers_to:
        mail["Reply-To"] = _mailbox(sender.name, answers_to)
    mail["Subject"] = _inert(rendered.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(key, sender.address)
    answered = message_ids(letter.to.thread.encode("utf-8", "replace"))[:1]
    if answered:
        mail["In-Reply-To"] = _only_ascii(answered)
        mail["References"] = _only_ascii((*letter.to.references[-MAX_REFERENCES:], *answered))
    # A machine at the other end is to know that a machine wrote: else the two answer each other for ever.
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(rendered.text)
    if rendered.html is not None:
        mail.add_alternative(rendered.html, subtype="html")
    if letter.invitation is not None:
        _lay_in(mail, letter.invitation, answers_to or sender.address, letter.to.address, now)
    return mail


def _lay_in(mail: EmailMessage, invitation: Invitation, organizer: str, attendee: str, now: datetime) -> None:
    """Lay an invitation into a mail: as an alternative that calendars act on, and as a file for other programs."""
    raw = written(invitation, organizer, (attendee,), now)
    mail.add_alternative(
        raw,
        "text",
        "calendar",
        params={"method": invitation.method, "charset": "utf-8", "component": "VEVENT"},
    )
    mail.add_attachment(raw, "application", "ics", filename="invite.ics")


def _mailbox(name: str, address: str) -> Address:
    if not is_address(address):
        raise ValueError("there is no address that mail can be sent to")
    local, _, domain = address.rpartition("@")
    ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    return Address(_display_name(name), local, ascii_domain)


_NOT_IN_A_NAME = re.compile(r"[<>@\"\\]+")


def _display_name(name: str) -> str:
    """A name that can't be read as an address."""
    return _inert(_NOT_IN_A_NAME.sub(" ", name))[:80]


def _inert(text: str) -> str:
    """One line without encoded words: the standard library would decode them, and write out what they hide."""
    return clean_line(clean_line(text).replace("=?", " ").replace("?=", " "))


def _only_ascii(identities: Iterable[str]) -> str:
    return " ".join(
        dict.fromkeys(identity for each in identities for identity in _ids(each) if identity.isascii())
    )


def _ids(text: str) -> tuple[str, ...]:
    return message_ids(text.encode("utf-8", "replace"))


class MailOutlet:
    """Sends letters over one connection that lives on. For one thread."""

    def __init__(
        self,
        settings: OutletSettings,
        letters: Renderer,
        clock: Callable[[], datetime],
        replies: ReplyAddresses | None = None,
        tokens: TokenSource | None = None,
        sent: SentFolder | None = None,
    ) -> None:
        self._settings = settings
        self._letters = letters
        self._clock = clock
        self._replies = replies
        self._tokens = tokens  # in place of the password
        self._sent = sent
        self._line: smtplib.SMTP | None = None
        self._handed_over: deque[datetime] = (
            deque()
        )  # when the last letters were: none is older than a minute

    def lane(self, outgoing: Outgoing) -> str:
        """One for all: there is one connection."""
        return ""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        """Send a letter to whom it is for. Raises `DeliveryFailed`, or `NotYet` where the server takes no more now."""
        letter = outgoing.what
        if not isinstance(letter, Letter) or letter.to.channel is not Channel.EMAIL:
            raise DeliveryFailed("this is no letter that goes by mail", permanent=True)
        if is_nobodys(letter.to.address):
            raise DeliveryFailed("nobody reads what is sent to this address", permanent=True)
        self._keep_the_pace()
        case_address = self._replies.of(letter.case) if self._replies else None
        answers_to = self._ticketed(letter.ticket) if letter.ticket else case_address
        try:
            rendered = self._letters.render(letter, Channel.EMAIL)
            mail = composed(letter, rendered, outgoing.key, self._settings, self._clock(), answers_to)
            raw = mail.as_bytes()
        except (TemplateError, ValueError) as error:  # UnicodeError is one too
            raise DeliveryFailed(f"the letter can't be written: {error}", permanent=True) from error
        # What bounces comes back to an address of the case, and is tied to it by that.
        self._send(raw, case_address or self._settings.address, letter.to.address)
        self._handed_over.append(self._clock())
        self._lay_a_copy(raw)
        return Receipt(identity=str(mail["Message-ID"]))

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        """The letter as it lies in the folder of sent mail; None where it does not, or there is no such folder.

        Raises `DeliveryFailed` where the folder cannot be looked into now.
        """
        identity = message_id(outgoing.key, self._settings.address)
        try:
            is_there = self._sent is not None and self._sent.holds(identity)
        except MailboxAway as away:
            raise DeliveryFailed(str(away), permanent=False, uncertain=True) from away
        return Receipt(identity) if is_there else None

    def _ticketed(self, ticket: Ticket) -> str:
        """The address for an answer that is good once. Raises `DeliveryFailed`: without it nobody could be believed."""
        address = self._replies.confirming(ticket) if self._replies else None
        if address is None:
            raise DeliveryFailed(
                "its answer could not be told from a forged one: set CRBOT_MAIL__REPLY_KEY, with a short address",
                permanent=True,
            )
        return address

    def _keep_the_pace(self) -> None:
        now, a_minute = self._clock(), timedelta(minutes=1)
        while self._handed_over and now - self._handed_over[0] >= a_minute:
            self._handed_over.popleft()
        if self._settings.per_minute and len(self._handed_over) >= self._settings.per_minute:
            raise NotYet(a_minute - (now - self._handed_over[0]))

    def _lay_a_copy(self, raw: bytes) -> None:
        if self._sent is None or not self._settings.copies_sent:
            return
        try:
            self._sent.add(raw, self._clock())
        except MailboxAway as away:  # the letter is on its way; without its copy it is no worse
            log.warning("no copy of a letter was laid into the folder of sent mail", reason=str(away))

    def greet(self) -> tuple[str, ...]:
        """Log in, and tell what the server says it can do, as "size 35882577".

        Raises what smtplib raises, OSError and `TokenRefused`.
        """
        line = self._connected()
        return tuple(f"{name} {value}".strip() for name, value in line.esmtp_features.items())

    def send_to_ourselves(self) -> str:
        """Send a mail from our address to our address, and return its identity. Raises `DeliveryFailed`."""
        now, own = self._clock(), self._settings.address
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = mail["To"] = _mailbox(self._settings.name, own)
        mail["Subject"] = "crbot doctor: a mail to ourselves"
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id(f"doctor:{now.isoformat()}", own)
        mail["Auto-Submitted"] = "auto-generated"  # so that the bot answers it not
        mail.set_content(
            "This mail was sent by crbot doctor to see whether letters go out. Nothing need be done.\n"
        )
        self._send(mail.as_bytes(), own, own)
        return str(mail["Message-ID"])

    def close(self) -> None:
        """End the connection; a later letter makes another."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                line.quit()

    def _send(self, raw: bytes, sender: str, address: str) -> None:
        handing = _Handing()
        try:
            _hand_over(self._connected(), raw, _in_ascii(sender), _in_ascii(address), handing, self._settings)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused_recipient(error.recipients, address) from error
        except smtplib.SMTPAuthenticationError as error:
            self._drop()
            raise DeliveryFailed(
                f"the mail server refuses the login ({error.smtp_code})", permanent=False
            ) from error
        except TokenRefused as error:
            self._drop()
            raise DeliveryFailed(str(error), permanent=False) from error
        except smtplib.SMTPSenderRefused as error:
            self._drop()
            # Settings can be mended, and then it goes; a mail that is too large stays too large.
            is_hopeless = error.smtp_code == _TOO_LARGE
            raise self._refusal("our address", error, address, permanent=is_hopeless) from error
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise self._refusal(
                "the mail", error, address, permanent=_is_permanent(error.smtp_code)
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            self._drop()
            raise DeliveryFailed(
                f"the mail server can't do what is needed: {clean_line(str(error))}", permanent=True
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            where = f"{self._settings.host}:{self._settings.port}"
            if handing.is_complete:
                reason = f"the line to {where} broke after the whole letter was handed over"
                raise DeliveryFailed(reason, permanent=False, uncertain=True) from error
            raise DeliveryFailed(
                f"the mail server at {where} is away: {_in_words(error)}", permanent=False
            ) from error

    def _connected(self) -> smtplib.SMTP:
        """The line, if the server still listens to it; else a new one. Nothing was sent yet: this is no second try."""
        if self._line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if self._line.noop()[0] == 250:
                    return self._line
            self._drop()
        self._line = self._logged_in()
        return self._line

    def _logged_in(self) -> smtplib.SMTP:
        settings = self._settings
        here = socket.gethostname() if is_address(f"crbot@{socket.gethostname()}") else "[127.0.0.1]"
        line: smtplib.SMTP
        if settings.security is Security.SSL:
            line = smtplib.SMTP_SSL(
                settings.host, settings.port, here, timeout=settings.timeout, context=tls_context()
            )
        else:
            line = smtplib.SMTP(settings.host, settings.port, here, timeout=settings.timeout)
        try:
            if settings.security is Security.STARTTLS:
                line.starttls(context=tls_context())
            line.ehlo_or_helo_if_needed()
            self._log_in(line)
        except BaseException:
            line.close()
            raise
        return line

    def _log_in(self, line: smtplib.SMTP) -> None:
        username = self._settings.username
        if self._tokens is not None:
            answer = f"user={username}\1auth=Bearer {self._tokens.token()}\1\1"
            try:
                # A server that refuses tells why, and waits for an empty answer.
                line.auth("XOAUTH2", lambda challenge=None: answer if challenge is None else "")
            except smtplib.SMTPAuthenticationError:
                self._tokens.forget()  # it may have been called back before it ran out
                raise
        elif username:
            line.login(username, self._settings.password)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _refused_recipient(self, refused: dict[str, tuple[int, bytes]], address: str) -> DeliveryFailed:
        code, words = next(iter(refused.values()), (550, b""))
        error = smtplib.SMTPResponseException(code, words)
        return self._refusal("the recipient", error, address, permanent=_is_permanent(code))

    def _refusal(
        self, what: str, error: smtplib.SMTPResponseException, address: str, *, permanent: bool
    ) -> DeliveryFailed:
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        # The reason goes into logs, where nobody's address belongs.
        words = clean_line(said.decode("utf-8", "replace")).replace(address, "…")[:200]
        return DeliveryFailed(
            f"the mail server refuses {what} ({error.smtp_code}: {words})", permanent=permanent
        )


@dataclass
class _Handing:
    """How far the handing over of a letter has come."""

    is_complete: bool = False  # from here on the server may have taken it, whatever it says


_DOT_AT_LINE_START = re.compile(rb"^\.", re.MULTILINE)


def _hand_over(
    line: smtplib.SMTP, raw: bytes, sender: str, recipient: str, handing: _Handing, settings: OutletSettings
) -> None:
    """Hand a letter to the server, step by step: the standard library's `sendmail` tells not how far it came.

    Raises smtplib's exceptions.
    """
    code, words = line.mail(sender, [f"size={len(raw)}"] if line.has_extn("size") else [])
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    code, words = line.rcpt(recipient)
    if code not in (250, 251):
        line.rset()
        raise smtplib.SMTPRecipientsRefused({recipient: (code, words)})
    code, words = line.docmd("DATA")
    if code != 354:
        raise smtplib.SMTPDataError(code, words)
    line.send(_DOT_AT_LINE_START.sub(b"..", raw).removesuffix(b"\r\n") + b"\r\n")
    handing.is_complete = True
    _wait_for(line, settings.timeout_at_end)
    line.send(b".\r\n")
    code, words = line.getreply()
    handing.is_complete = False
    _wait_for(line, settings.timeout)
    if code != 250:
        raise smtplib.SMTPDataError(code, words)


def _wait_for(line: smtplib.SMTP, seconds: float) -> None:
    if line.sock is not None:
        line.sock.settimeout(seconds)


def _in_ascii(address: str) -> str:
    return _mailbox("", address).addr_spec


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "it does not answer in time"
    return clean_line(str(error))[:200] or type(error).__name__
