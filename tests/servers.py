"""Mail servers for tests, on this machine alone: a Dovecot of our own, and an SMTP server that keeps what it gets."""

from __future__ import annotations

import contextlib
import grp
import itertools
import json
import os
import pwd
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from imapclient import IMAPClient

from crbot.channels.mail.mailbox import MailboxSettings
from crbot.channels.mail.security import Security

PASSWORD = "secret"
HOST = "127.0.0.1"
DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/opt/homebrew/sbin")
NO_DOVECOT = "Dovecot is not installed, so nothing about the mailbox is tested: apt-get install dovecot-imapd dovecot-lmtpd"

_numbers = itertools.count(1)

_CONFIGURATION = """
protocols = imap lmtp
listen = {host}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
{tls}
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
{capability}
{tokens}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {lmtp_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_failure_delay = 0
service stats {{
  chroot =
}}
"""

_TOKENS = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/tokens.conf
}}
"""
_TOKEN_CHECK = """
introspection_mode = post
introspection_url = {provider}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 20.0) -> None:
    """Until the process listens there. Raises TimeoutError, at once when it has ended."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


@dataclass(frozen=True)
class Certificate:
    """What proves that a server is 127.0.0.1, to whoever trusts `file`."""

    file: Path
    key: Path


def new_certificate(folder: Path) -> Certificate:
    """Make one; needs the program openssl."""
    certificate = Certificate(folder / "certificate.pem", folder / "key.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.key, "-out", certificate.file]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return certificate


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot: any user may log in with `PASSWORD`, and gets a mailbox by that."""

    imap_port: int
    lmtp_port: int
    folder: Path
    imaps_port: int = 0  # 0: it has no certificate

    def new_user(self) -> str:
        """A name that nobody has used: an empty mailbox."""
        return f"intake{next(_numbers)}"

    def settings(self, user: str, **changes: object) -> MailboxSettings:
        values: dict[str, object] = {
            "host": HOST,
            "port": self.imap_port,
            "username": user,
            "password": PASSWORD,
            "security": Security.NONE,
            "done_folder": "crbot/Done",
            "trouble_folder": "crbot/Trouble",
            "timeout": 10.0,
        }
        return MailboxSettings(**{**values, **changes})  # type: ignore[arg-type]

    def deliver(self, user: str, *mails: bytes, sender: str = "chief@townpd.example.gov") -> None:
        """Deliver as a mail server does."""
        with smtplib.LMTP(HOST, self.lmtp_port) as lmtp:
            for mail in mails:
                lmtp.sendmail(sender, [user], mail)

    @contextlib.contextmanager
    def person(self, user: str) -> Iterator[IMAPClient]:
        """Somebody else who looks into the same mailbox."""
        with IMAPClient(HOST, self.imap_port, ssl=False, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client

    def folder_of(self, user: str) -> Path:
        return self.folder / "home" / user / "Maildir"


@contextlib.contextmanager
def running_dovecot(
    capability: str = "", certificate: Certificate | None = None, provider: str = ""
) -> Iterator[Dovecot]:
    """A Dovecot for as long as the block lasts; skips the test where none is installed.

    `capability` replaces what the server says it can; `provider` is the address that it asks about tokens.
    """
    if not DOVECOT:
        pytest.skip(NO_DOVECOT)
    user, group = _account()
    folder = Path(tempfile.mkdtemp(prefix="crbot-dovecot-"))
    server = Dovecot(free_port(), free_port(), folder, free_port() if certificate else 0)
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            host=HOST,
            folder=folder,
            user=user,
            group=group,
            password=PASSWORD,
            imap_port=server.imap_port,
            lmtp_port=server.lmtp_port,
            imaps_port=server.imaps_port,
            tls=f"ssl = yes\nssl_cert = <{folder}/certificate.pem\nssl_key = <{folder}/key.pem"
            if certificate
            else "ssl = no",
            tokens=_TOKENS.format(folder=folder) if provider else "",
            capability=f"imap_capability = {capability}" if capability else "",
        )
    )
    if provider:
        (folder / "tokens.conf").write_text(_TOKEN_CHECK.format(provider=provider))
    if certificate:
        shutil.copy(certificate.file, folder / "certificate.pem")
        shutil.copy(certificate.key, folder / "key.pem")
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user, group)
    as_user = {"user": user, "group": group, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(configuration)], cwd=folder, **as_user)  # type: ignore[call-overload]
    try:
        for port in (server.imap_port, server.lmtp_port):
            wait_for_port(port, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> tuple[str, str]:
    """Under whose name it runs: ours, and never root's."""
    user = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    return user.pw_name, grp.getgrgid(user.pw_gid).gr_name


class TokenProvider:
    """A provider of tokens: gives them to who knows the secret, and tells a server whom one belongs to.

    With a certificate it is spoken to over a secure line, as msal insists.
    """

    def __init__(self, mailbox: str, certificate: Certificate | None = None) -> None:
        self.mailbox = mailbox
        self.given: list[dict[str, str]] = []  # what was asked for, in order
        self.good: set[str] = set()
        self.expires_in = 3600
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # where to ask for a token, as OpenID has it
                told: dict[str, object] = {
                    name: f"{provider.url}/tenant/oauth2/v2.0/{name}"
                    for name in ("authorization_endpoint", "token_endpoint")
                }
                self._tell(200 if self.path.startswith("/tenant/") else 404, told)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                self._tell(*provider._answer(self.path, form))

            def _tell(self, code: int, told: dict[str, object]) -> None:
                body = json.dumps(told).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.file, certificate.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://{HOST}:{self._server.server_port}"

    def _answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        if path == "/introspect":
            is_good = form.get("token") in self.good
            return 200, {"active": is_good, "username": self.mailbox} if is_good else {"active": False}
        if form.get("client_secret") != PASSWORD and "client_assertion" not in form:
            return 401, {"error": "invalid_client", "error_description": "The secret is wrong."}
        self.given.append(form)
        token = f"token{len(self.given)}"
        self.good.add(token)
        return 200, {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}

    def __enter__(self) -> TokenProvider:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Sink:
    """An SMTP server's memory, and what it is to refuse."""

    port: int
    mails: list[Envelope] = field(default_factory=list)
    sessions: int = 0
    refusals: dict[str, str] = field(default_factory=dict)  # command (MAIL, RCPT, DATA) -> the answer to it
    hangs_up_after: str = ""  # a command after which the line is cut

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's names)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.refusals:
            return self.refusals["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.mails.append(envelope)
        if self.hangs_up_after == "DATA":
            server.transport.close()
        return "250 OK"


@contextlib.contextmanager
def running_sink(
    certificate: Certificate | None = None, *, is_ssl: bool = False, kind: type[Sink] = Sink
) -> Iterator[Sink]:
    """An SMTP server for as long as the block lasts; with a certificate by STARTTLS, or by SSL from the start."""
    sink = kind(free_port())
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.file, certificate.key)
    security = (
        {"ssl_context": context} if is_ssl else {"tls_context": context, "require_starttls": bool(context)}
    )
    controller = Controller(sink, hostname=HOST, port=sink.port, **security)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
