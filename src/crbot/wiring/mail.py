"""The mailbox and the mail server, from the settings."""

from __future__ import annotations

from collections.abc import Iterator

from crbot.channels.mail.mailbox import Mailbox, MailboxSettings, Preview
from crbot.channels.mail.microsoft import MicrosoftSettings, MicrosoftTokens
from crbot.channels.mail.mime import OurSide
from crbot.channels.mail.outlet import OutletSettings
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.sender import Border
from crbot.channels.mail.sent import SentFolder
from crbot.channels.mail.tokens import Tokens, TokenSettings, TokenSource
from crbot.config import Auth, ImapSettings, MailSettings, Settings, SettingsError, SmtpSettings
from crbot.store.store import SqlStore
from crbot.wiring.database import open_database


def make_mailbox(settings: Settings, imap: ImapSettings) -> Mailbox:
    """The mailbox alone, not connected yet."""
    return Mailbox(mailbox_settings(imap), tokens_of(settings, imap.auth))


def is_signed(settings: Settings) -> bool:
    """Answers to letters come to addresses that we have signed."""
    return settings.mail is not None and bool(settings.mail.reply_key.get_secret_value())


def new_mail(settings: Settings) -> Iterator[Preview]:
    """The mails that would be read now; nothing in the mailbox is changed. Raises `SettingsError`, `MailboxAway`."""
    if settings.imap is None:
        raise SettingsError("no mailbox is set up: set CRBOT_IMAP__HOST")
    store = SqlStore(open_database(settings.database_url))
    mailbox = make_mailbox(settings, settings.imap.model_copy(update={"read_only": True}))
    try:
        yield from mailbox.preview(store.unknown)
    finally:
        mailbox.close()
        store.close()


def our_side(mail: MailSettings | None) -> OurSide:
    """What is known of our side of the mail."""
    if mail is None:
        return OurSide()
    replies = ReplyAddresses(mail.address, mail.reply_key.get_secret_value())
    border = Border(mail.authserv_id, mail.microsoft365)
    return OurSide(frozenset({mail.address.casefold()}), replies, border)


def tokens_of(settings: Settings, auth: Auth) -> TokenSource | None:
    if auth is not Auth.XOAUTH2 or settings.oauth is None:
        return None
    oauth = settings.oauth
    secret, refresh_token = oauth.client_secret.get_secret_value(), oauth.refresh_token.get_secret_value()
    name = "AUTHORITY" if oauth.authority else "TOKEN_URL"
    try:
        if oauth.authority:
            certificate = oauth.certificate.get_secret_value()
            return MicrosoftTokens(
                MicrosoftSettings(oauth.authority, oauth.client_id, secret, certificate, oauth.scope)
            )
        return Tokens(TokenSettings(oauth.token_url, oauth.client_id, secret, refresh_token, oauth.scope))
    except ValueError as error:
        raise SettingsError(f"CRBOT_OAUTH__{name}: {error}") from None


def sent_folder(settings: Settings, imap: ImapSettings) -> SentFolder | None:
    if not imap.sent_folder:
        return None
    account = mailbox_settings(imap).account
    return SentFolder(account, imap.sent_folder, tokens_of(settings, imap.auth))


def mailbox_settings(imap: ImapSettings) -> MailboxSettings:
    return MailboxSettings(
        host=imap.host,
        port=imap.port,
        username=imap.username,
        password=imap.password.get_secret_value(),
        security=imap.security,
        folder=imap.folder,
        done_folder=imap.done_folder,
        trouble_folder=imap.trouble_folder,
        timeout=imap.timeout_seconds,
        max_message_bytes=imap.max_message_bytes,
        since=imap.since,
        is_read_only=imap.read_only,
        poll=imap.poll_seconds,
    )


def outlet_settings(smtp: SmtpSettings, mail: MailSettings, imap: ImapSettings) -> OutletSettings:
    return OutletSettings(
        host=smtp.host,
        port=smtp.port,
        address=mail.address,
        name=mail.name,
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        security=smtp.security,
        timeout=smtp.timeout_seconds,
        per_minute=smtp.per_minute,
        copies_sent=imap.sent_copy,
    )
