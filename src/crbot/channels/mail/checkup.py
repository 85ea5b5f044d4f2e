"""Tries the mailbox and the mail server as the bot will use them, and changes nothing in either."""

from __future__ import annotations

import re
import smtplib
from collections import Counter
from collections.abc import Iterable, Iterator

from imapclient import IMAPClient

from crbot.channels.checkup import Check, fine, note, wrong
from crbot.channels.mail.imap import ImapLine, MailboxAway
from crbot.channels.mail.mailbox import MailboxSettings
from crbot.channels.mail.outlet import MailOutlet
from crbot.channels.mail.sender import Border, server_named_in
from crbot.channels.mail.tokens import TokenRefused, TokenSource
from crbot.intake.ports import DeliveryFailed

_MAILBOX, _SERVER = "mailbox", "mail server"
_LOOKED_AT = 30  # of the latest mails, for what our own server writes into them
_RESULTS = b"BODY[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"
_HEADER = re.compile(r"^authentication-results:\s*", re.IGNORECASE | re.MULTILINE)


def look_at_mailbox(
    settings: MailboxSettings, sent_folder: str, border: Border, tokens: TokenSource | None = None
) -> Iterator[Check]:
    """Log in, and see what the server can do, which folders there are, and who vouches for senders."""
    line = ImapLine(settings.account, tokens)
    where = f"{settings.host}:{settings.port} ({settings.security})"
    try:
        with line.explained("can't be looked at"):
            client = line.open()
            yield fine(_MAILBOX, "Log in", f"{where} as {settings.username}")
            yield from _abilities(client, settings)
            yield from _folders(line, settings, sent_folder)
            yield from _vouching(client, settings, border)
    except MailboxAway as away:
        yield wrong(
            _MAILBOX,
            "Log in" if not line.is_open else "Look around",
            str(away),
            "look at CRBOT_IMAP__HOST, PORT, SECURITY, USERNAME and PASSWORD, and whether this machine may reach it",
        )
    finally:
        line.close()


def _abilities(client: IMAPClient, settings: MailboxSettings) -> Iterator[Check]:
    if client.has_capability("IDLE"):
        yield fine(_MAILBOX, "Be told of new mail", "the server calls (IDLE)")
    else:
        told = f"the server does not call (no IDLE); it is looked at every {settings.poll:g} seconds"
        yield note(_MAILBOX, "Be told of new mail", told)
    if settings.is_read_only:
        yield note(_MAILBOX, "Move what is kept", "nothing is moved: CRBOT_IMAP__READ_ONLY is set")
    elif client.has_capability("MOVE"):
        yield fine(_MAILBOX, "Move what is kept", "in one step (MOVE)")
    elif client.has_capability("UIDPLUS"):
        yield fine(_MAILBOX, "Move what is kept", "by a copy, and taking the mail out alone (UIDPLUS)")
    else:
        told = "the server has neither MOVE nor UIDPLUS: what others have marked as deleted would go with it"
        yield note(
            _MAILBOX, "Move what is kept", told, "let nobody else delete in this mailbox, or set READ_ONLY"
        )


def _folders(line: ImapLine, settings: MailboxSettings, sent_folder: str) -> Iterator[Check]:
    client = line.client
    if not client.folder_exists(line.on_server(settings.folder)) and settings.folder.upper() != "INBOX":
        yield wrong(
            _MAILBOX, "Read", f"there is no folder {settings.folder}", f"name one of {_names(client)}"
        )
        return
    count = int(client.select_folder(settings.folder, readonly=True)[b"EXISTS"])
    yield fine(_MAILBOX, "Read", f"{settings.folder} holds {count:,} mails")
    for name in dict.fromkeys((settings.done_folder, settings.trouble_folder)):
        if name and not client.folder_exists(line.on_server(name)):
            yield note(_MAILBOX, f"Folder {name}", "not there yet; the bot makes it at its first start")
        elif name:
            yield fine(_MAILBOX, f"Folder {name}", "there")
    if not sent_folder:
        told = "no folder of sent mail is named: a letter of which nobody knows whether it went waits for a person"
        yield note(_MAILBOX, "Look for letters in doubt", told, "set CRBOT_IMAP__SENT_FOLDER")
    elif not client.folder_exists(line.on_server(sent_folder)):
        told = f"there is no folder {sent_folder}"
        yield wrong(_MAILBOX, "Look for letters in doubt", told, f"name one of {_names(client)}")
    else:
        yield fine(_MAILBOX, "Look for letters in doubt", f"in {sent_folder}")


def _names(client: IMAPClient) -> str:
    names = [str(name) for _, _, name in client.list_folders()]
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _vouching(client: IMAPClient, settings: MailboxSettings, border: Border) -> Iterator[Check]:
    """Whether our own server writes what it found out about senders, and whether the settings know its name."""
    what = "Know whom our server vouches for"
    client.select_folder(settings.folder, readonly=True)
    latest = sorted(client.search("ALL"))[-_LOOKED_AT:]
    if not latest:
        yield note(_MAILBOX, what, "there is no mail to tell it by; look again when some came")
        return
    fetched = client.fetch(latest, [b"BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"])
    named = Counter(filter(None, (_topmost(each.get(_RESULTS, b"")) for each in fetched.values())))
    yield _judged(what, named, len(latest), border)


def _judged(what: str, named: Counter[str], looked_at: int, border: Border) -> Check:
    by_name = ", ".join(f"{name} ({count})" for name, count in named.most_common(3))
    told = f"of the latest {looked_at} mails {named.total()} bear Authentication-Results: {by_name or 'none'}"
    if border.is_microsoft or named[border.authserv_id.casefold()]:
        return fine(_MAILBOX, what, told)
    if border.is_known:
        mend = "write the name as it stands there into CRBOT_MAIL__AUTHSERV_ID"
        return wrong(_MAILBOX, what, f"{told}; none is {border.authserv_id}", mend)
    if not named:
        return note(_MAILBOX, what, told, "ask who runs the mail server to have it write that header")
    first = named.most_common(1)[0][0]
    return note(_MAILBOX, what, told, f"if {first} is our own server, set CRBOT_MAIL__AUTHSERV_ID={first}")


def _topmost(raw: bytes) -> str:
    """The server that the first of these headers names; "" where there is none."""
    lines: Iterable[str] = _HEADER.split(raw.decode("utf-8", "replace"))[1:2]
    return next((server_named_in(line) for line in lines), "")


def look_at_mail_server(outlet: MailOutlet, where: str, address: str, *, send: bool) -> Iterator[Check]:
    """Log in to the server that letters leave by; with `send` also send a mail to ourselves."""
    try:
        abilities = outlet.greet()
    except (DeliveryFailed, TokenRefused, OSError, smtplib.SMTPException) as error:
        mend = "look at CRBOT_SMTP__HOST, PORT, SECURITY, USERNAME and PASSWORD, and whether this machine may reach it"
        yield wrong(_SERVER, "Log in", f"{where}: {_in_words(error)}", mend)
        return
    size = next((each.partition(" ")[2] for each in abilities if each.startswith("size ")), "")
    yield fine(_SERVER, "Log in", f"{where}{f', takes mails of up to {int(size):,} bytes' if size else ''}")
    if not send:
        yield note(_SERVER, "Send", "not tried; crbot doctor --send sends a mail to ourselves")
        return
    try:
        identity = outlet.send_to_ourselves()
    except DeliveryFailed as failed:
        yield wrong(
            _SERVER, "Send", str(failed), "ask who runs the mail server what it wants of this account"
        )
        return
    yield fine(_SERVER, "Send", f"handed over, to {address}: {identity}")


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refuses the login ({error.smtp_code})"
    return "it does not answer in time" if isinstance(error, TimeoutError) else str(error)[:200]
