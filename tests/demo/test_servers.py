"""The demo's mail world takes mail, keeps it apart by whom it is for, and shows what the desk sent."""

from __future__ import annotations

import smtplib
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from crbot.demo.servers import DemoFailed, MailServers, child, mail_servers

DESK = "response.center@desk.example"
MAIL = (
    b"From: chief@maplehollow.example\r\nTo: %s\r\nSubject: <b>Help</b>\r\n\r\nCaf\xc3\xa9\r\n"
    % DESK.encode()
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServers]:
    with mail_servers(DESK, tmp_path_factory.mktemp("mail")) as running:
        yield running


def send(servers: MailServers, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", servers.smtp_port, timeout=10) as client:
        client.sendmail("chief@maplehollow.example", recipients, MAIL)


def page(servers: MailServers, path: str = "") -> bytes:
    with urllib.request.urlopen(servers.page_url + path, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def test_mail_to_the_desk_lies_in_its_mailbox_byte_for_byte(servers: MailServers) -> None:
    send(servers, DESK)

    with IMAPClient("127.0.0.1", servers.mailbox.port, ssl=False, timeout=10) as client:
        client.login(servers.mailbox.username, servers.mailbox.password)
        client.select_folder("INBOX", readonly=True)
        ((_, fetched),) = client.fetch(client.search(), ["BODY.PEEK[]"]).items()
    assert fetched[b"BODY[]"].endswith(MAIL)
    assert fetched[b"BODY[]"].startswith(b"Return-Path: <chief@maplehollow.example>\r\n")


def test_mail_to_others_is_shown_on_the_page_without_becoming_part_of_it(servers: MailServers) -> None:
    send(servers, "chief@maplehollow.example")

    assert servers.office.sent[-1].raw == MAIL
    assert "&lt;b&gt;Help&lt;/b&gt;" in page(servers).decode()
    assert page(servers, f"{len(servers.office.sent)}.eml") == MAIL


@pytest.mark.parametrize("path", ["0.eml", "99999.eml", "../mailbox.log", "-1.eml"])
def test_the_page_serves_nothing_else(servers: MailServers, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        page(servers, path)

    assert raised.value.code == 404
    raised.value.close()


def test_a_part_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no room left')"]

    with (
        child("bot", command, tmp_path) as running,
        pytest.raises(DemoFailed, match=r"(?s)bot.*no room left"),
    ):
        running.await_port(1)


def test_nothing_runs_on_when_the_block_is_left(tmp_path: Path) -> None:
    with mail_servers(DESK, tmp_path) as running:
        imap = running.imap

    with pytest.raises(DemoFailed, match="mailbox ended"):
        imap.check()
