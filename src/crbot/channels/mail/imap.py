"""A line to an IMAP server: logged in, its faults told in words, folders named as the server names them.

What is done over it is `mailbox`'s and `sent`'s.
"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from crbot.channels.mail.charsets import clean_line
from crbot.channels.mail.security import Security, tls_context
from crbot.channels.mail.tokens import TokenRefused, TokenSource


class MailboxAway(Exception):
    """The server can't be reached or doesn't do as asked now; the text says what, in words."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the server is, and who we are there."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Security = Security.SSL
    timeout: float = 30.0  # seconds that the server may take for one answer


class ImapLine:
    """One connection, made when it is needed. `tokens` stand in place of the password."""

    def __init__(self, account: Account, tokens: TokenSource | None = None) -> None:
        self._account = account
        self._tokens = tokens
        self._client: IMAPClient | None = None
        self._prefix, self._separator = "", "/"  # how this server writes the names of folders

    @property
    def is_open(self) -> bool:
        return self._client is not None

    @property
    def client(self) -> IMAPClient:
        """The open line. Raises `MailboxAway`."""
        if self._client is None:
            raise MailboxAway(f"{self._account.host}: the connection is closed")
        return self._client

    def open(self) -> IMAPClient:
        """Log in; within `explained`."""
        self._client = client = self._logged_in()
        self._prefix, self._separator = _naming(client)
        return client

    def close(self) -> None:
        """Log out; what happens then no longer matters."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def drop(self) -> None:
        """Let go of a line that is no good any more."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()

    @contextlib.contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Turn what the line and the server throw into `MailboxAway`, and let go of the connection."""
        try:
            yield
        except MailboxAway:
            self.drop()
            raise
        except (OSError, imaplib.IMAP4.error, ValueError, KeyError, TokenRefused) as error:
            self.drop()
            where = f"{self._account.host}:{self._account.port}"
            raise MailboxAway(f"The mailbox at {where} {what}: {_in_words(error)}") from error

    def on_server(self, name: str) -> str:
        """Our folder name as this server writes it."""
        path = name.replace("/", self._separator)
        return path if path.startswith(self._prefix) else f"{self._prefix}{path}"

    def make_folder(self, name: str) -> None:
        """Make a folder where there is none of this name."""
        client, path = self.client, self.on_server(name)
        if client.folder_exists(path):
            return
        client.create_folder(path)
        with contextlib.suppress(imaplib.IMAP4.error):  # not every server has subscriptions
            client.subscribe_folder(path)

    def _logged_in(self) -> IMAPClient:
        account = self._account
        is_ssl = account.security is Security.SSL
        client = IMAPClient(
            account.host,
            account.port,
            ssl=is_ssl,
            ssl_context=tls_context() if is_ssl else None,
            timeout=account.timeout,
        )
        client.normalise_times = False  # aware times, not this machine's
        try:
            if account.security is Security.STARTTLS:
                client.starttls(tls_context())
            client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._log_in(client)
        except BaseException:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()
            raise
        return client

    def _log_in(self, client: IMAPClient) -> None:
        if self._tokens is None:
            client.login(self._account.username, self._account.password)
            return
        try:
            client.oauth2_login(self._account.username, self._tokens.token())
        except LoginError:
            self._tokens.forget()  # it may have been called back before it ran out
            raise


def _in_words(error: Exception) -> str:
    if isinstance(error, LoginError):
        return f"it refuses the login ({clean_line(str(error))[:200]})"
    if isinstance(error, ssl.SSLError):
        return f"the secure line fails ({getattr(error, 'verify_message', '') or error.reason})"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return clean_line(str(error))[:200] or type(error).__name__


def _naming(client: IMAPClient) -> tuple[str, str]:
    """What the server puts before the names of a person's folders, and between a folder and one in it."""
    personal = client.namespace().personal if client.has_capability("NAMESPACE") else None
    prefix, separator = personal[0] if personal else ("", "/")
    return prefix or "", separator or "/"
