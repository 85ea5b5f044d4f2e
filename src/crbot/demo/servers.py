"""The mail world of the demo, on loopback: a mailbox over IMAP, a server that takes mail, a page that shows the letters.

What is sent and what the bot makes of it is `demo`'s; the Slack stand-in is `local_slack`'s.
"""

from __future__ import annotations

import asyncio
import html
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from imapclient import IMAPClient

if TYPE_CHECKING:  # crbot can be installed without what only the demo needs
    from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 12.0  # the bot promises to end within 10


class DemoFailed(Exception):
    """A part of the demo did not start or has ended; the text says which, and what it said last."""


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """A program that runs beside the demo, with its words in a file, and ends when the demo does."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    def check(self) -> None:
        """Raises `DemoFailed` when the program has ended."""
        code = self._process.poll()
        if code is not None:
            raise DemoFailed(f"{self.name} ended with code {code}; it said last:\n{self.last_words()}")

    def await_port(self, port: int) -> None:
        """Return when the program listens. Raises `DemoFailed`."""
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            self.check()
            if time.monotonic() > deadline:
                raise DemoFailed(f"{self.name} does not listen on port {port} after {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def child(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run a program until the block is left; its words go to `folder`/`name`.log.

    It gets a session of its own: Ctrl-C in the terminal must reach the demo alone, which then ends its parts in order.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  (a command of our own making)
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Child(name, process, log)
    try:
        yield running
    finally:
        running.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the desk's mail lies, and how one logs in."""

    address: str
    port: int
    username: str = "desk"
    password: str = field(default_factory=lambda: secrets.token_hex(8))

    def append(self, raw: bytes) -> None:
        """Put a mail into the inbox, as a mail server does on delivery."""
        with IMAPClient(LOOPBACK, self.port, ssl=False, timeout=START_SECONDS) as client:
            client.login(self.username, self.password)
            client.append("INBOX", raw)


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that left the desk."""

    raw: bytes
    to: tuple[str, ...]

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""


class PostOffice:
    """Takes every mail: what is for the desk goes into its mailbox, all else is what the desk sent.

    An aiosmtpd handler.
    """

    def __init__(self, mailbox: Mailbox, folder: Path) -> None:
        self._mailbox = mailbox
        self._folder = folder
        self._sent: list[SentMail] = []

    @property
    def sent(self) -> tuple[SentMail, ...]:
        """The mails that left the desk, in order."""
        return tuple(self._sent)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        raw = bytes(envelope.original_content or b"")
        others = tuple(each for each in envelope.rcpt_tos if each.casefold() != self._mailbox.address)
        if len(others) < len(envelope.rcpt_tos):
            await asyncio.to_thread(self._mailbox.append, _trace(envelope) + raw)
        if others:
            self._file(SentMail(raw, others))
        return "250 2.0.0 taken"

    def _file(self, mail: SentMail) -> None:
        self._sent.append(mail)
        (self._folder / f"{len(self._sent):03}.eml").write_bytes(mail.raw)


def _trace(envelope: Envelope) -> bytes:
    """The lines that a mail server writes above a mail that it delivers."""
    sender = (envelope.mail_from or "").encode("ascii", "replace")
    received = f"from localhost by desk.example with ESMTP; {formatdate()}".encode()
    return b"Return-Path: <" + sender + b">\r\nReceived: " + received + b"\r\n"


@dataclass(frozen=True, slots=True)
class MailServers:
    """The mail world while it runs."""

    mailbox: Mailbox
    smtp_port: int
    page_url: str
    office: PostOffice
    imap: Child


@contextmanager
def mail_servers(address: str, folder: Path) -> Iterator[MailServers]:
    """Run the mail world until the block is left; mails that leave the desk are kept in `folder`/sent.

    Raises `DemoFailed`.
    """
    if not all(find_spec(each) for each in ("aiosmtpd", "pymap")):
        raise DemoFailed("its mail servers are not installed; install them with: pip install 'crbot[demo]'")
    from aiosmtpd.controller import Controller

    mailbox = Mailbox(address, free_port())
    sent = folder / "sent"
    sent.mkdir()
    office = PostOffice(mailbox, sent)
    with ExitStack() as stack:
        imap = stack.enter_context(child("mailbox", _imap_command(mailbox), folder))
        imap.await_port(mailbox.port)
        smtp = Controller(office, hostname=LOOPBACK, port=free_port())
        smtp.start()
        stack.callback(smtp.stop)
        page_port = stack.enter_context(_page(office))
        yield MailServers(mailbox, smtp.port, f"http://{LOOPBACK}:{page_port}/", office, imap)


def _imap_command(mailbox: Mailbox) -> list[str]:
    """pymap with a mailbox in memory: it needs no root, no system package, and leaves nothing behind."""
    server = ["--host", LOOPBACK, "--port", str(mailbox.port), "--no-tls"]
    account = ["--demo-user", mailbox.username, "--demo-password", mailbox.password]
    return [sys.executable, "-c", "from pymap.main import main; main()", *server, "dict", *account]


@contextmanager
def _page(office: PostOffice) -> Iterator[int]:
    """Serve the mails that left the desk as a page that can only be read; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content_type, body = _answer(self.path, office.sent)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  (http.server's name)
            """Say nothing: the terminal belongs to the demo."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _answer(path: str, sent: Sequence[SentMail]) -> tuple[str, bytes]:
    """The content type and the bytes of a path: "/" lists, "/3.eml" is the third mail as it went out."""
    if path == "/":
        return "text/html; charset=utf-8", _listing(sent).encode()
    number = path.removeprefix("/").removesuffix(".eml")
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(sent):
        return "message/rfc822", sent[int(number) - 1].raw
    return "text/plain", b""


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Mail that the bot sent</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }}
  article {{ border: 1px solid #c9c9c9; border-radius: 6px; padding: 0 1.2rem; margin: 1.2rem 0; }}
  h2 {{ font-size: 1.1rem; margin-bottom: 0; }}
  p {{ color: #5c5c5c; margin-top: 0; }}
  pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }}
</style></head><body>
<h1>Mail that the bot sent</h1>
<p>{count}, newest first. Nothing left this machine.</p>
{letters}
</body></html>
"""
_LETTER = """<article><h2>{subject}</h2>
<p>to {to} · {date} · <a href="/{number}.eml">as it went out</a></p>
<pre>{text}</pre></article>"""


def _listing(sent: Sequence[SentMail]) -> str:
    letters = [
        _LETTER.format(
            number=number,
            subject=html.escape(mail.header("Subject")),
            to=html.escape(", ".join(mail.to)),
            date=html.escape(mail.header("Date")),
            text=html.escape(mail.text),
        )
        for number, mail in enumerate(sent, start=1)
    ]
    count = "1 letter" if len(letters) == 1 else f"{len(letters)} letters"
    return _PAGE.format(count=count, letters="\n".join(reversed(letters)))
