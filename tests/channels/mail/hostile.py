"""Mails that were written to break, hang or choke whoever reads them."""

from __future__ import annotations

import base64


def nested(count: int) -> bytes:
    return (
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(count))
        + b"\nend"
    )


def in_base64(times: int) -> bytes:
    inner = b"Subject: x\n\n" + b"hello " * 10_000
    for _ in range(times):
        encoded = base64.encodebytes(inner)
        inner = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + encoded
    return inner


HOSTILE = {
    "comments": b"From: " + b"(" * 300 + b"\n\nx",
    "message-id": b"Message-ID: <" + b"(" * 50 + b"\n\nx",
    "nested multiparts": b"From: a@x.example\n" + nested(3000),
    "nested mails": b"Content-Type: message/rfc822\n\n" * 3000,
    "many addresses": b"To: " + b"a@x.example, " * 20_000 + b"\n\nx",
    "many parameters": b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\n\nx",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "many headers": b"X-A: b\n" * 100_000 + b"\nx",
    "one long header": b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\n\nx",
    "no end of headers": b"Subject: x\n" + b" y\n" * 1_000_000,
    "boundary of one dash": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * 2_000_000,
    "nested html": b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
    "html tables": b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 60_000,
    "html style": b"Content-Type: text/html\n\n<style>" + b"a{" * 400_000,
    "blanks": b"From: a@x.example\n\n" + b" " * 2_000_000,
    "encoded body of nothing": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 2_000_000,
    "zip as charset": b"Content-Type: text/plain; charset=zlib\n\nx\x9c",
    "punycode as charset": b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 100_000,
    "groups": b"To: " + b"a:" * 15_000 + b"\n\nx",
    "message-ids": b"References: " + b"<a@x.example> <" * 2_000 + b"\n\nx",
    "a bounce of one long word": b"From: MAILER-DAEMON@x.example\n\n" + b"a" * 2_000_000,
    "a bounce of addresses": b"From: MAILER-DAEMON@x.example\n\n" + b"a@b.c.d.e." * 200_000,
    "a bounce of fields": b"Content-Type: message/delivery-status\n\n" + b"Status:\n " * 200_000,
    "a bounce of numbers": b"From: MAILER-DAEMON@x.example\n\n" + b"550 5." * 300_000,
    "a bounce of blanks": b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n" + b">  " * 600_000,
    "a calendar": b"Content-Type: text/calendar; method=REPLY\n\nMETHOD:REPLY\n" + b"ATTENDEE;" * 200_000,
    "checks by servers": b"Authentication-Results: x; " + b"(dkim=pass " * 3_000 + b"\n\nx",
    "an attachment of 25 megabytes": b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    + (b"QUJD" * 19 + b"\n") * 325_000,
    "40 megabytes": b"From: a@x.example\n\n" + b"word " * 8_000_000,
    "nested multiparts, fewer": b"From: a@x.example\n" + nested(1000),
    "nested mails, fewer": b"Content-Type: message/rfc822\n\n" * 1000,
    "nested mails in base64": in_base64(5),
    "2,000 addresses": b"To: " + b"somebody@town.example.gov, " * 2_000 + b"\n\nx",
    "3,000 parameters": b"Content-Type: text/plain" + b"; name=value" * 3_000 + b"\n\nx",
    "10,000 parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * 10_000,
    "one subject of 210 kB": b"Subject: " + b"=?utf-8?b?w6lhYmM=?=\n " * 9_000 + b"\n\nx",
    "a line end within an encoded word": b"Subject: =?utf-8?q?a=0D=0ABcc:_x@y.example?=\nFrom: =?utf-8?q?a=0A?= <a@x.example>\n\nx",
    "two senders in one": b"From: alice@police.example )<bob@evil.example>\n\nx",
    "100,000 line breaks": b"Content-Type: text/html\n\n" + b"<br>" * 100_000,
    "30,000 rows": b"Content-Type: text/html\n\n<table>" + b"<tr><td>a</td></tr>" * 30_000,
    "10,000 nested div": b"Content-Type: text/html\n\n" + b"<div>" * 10_000 + b"Help us.",
    "16,000 blanks in a line": b"From: a@x.example\n\nHelp." + b" " * 16_000 + b"x",
    "15 kB of On without wrote": b"From: a@x.example\n\n" + b"On Mon, 2 Mar 2026 at 09:00, " * 520,
    "400 lines that begin with On": b"From: a@x.example\n\n"
    + b"On this matter we would like to hear from you.\n" * 400,
    "23 megabytes of text": b"From: a@x.example\n\n" + b"We need help.\n" * 1_650_000,
    "a winmail.dat of endless properties": b"Content-Type: application/ms-tnef\n\n"
    + bytes.fromhex("789f3e220100010390000000000400ffffffff0000"),
}
