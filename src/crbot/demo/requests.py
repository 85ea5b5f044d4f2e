"""The messages that the demo sends, and how one becomes a mail.

The texts stand in requests.toml beside this file; sending and waiting is `demo`'s.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Expectation(BaseModel):
    """What is to come of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    disposition: str
    queue: str  # "" where it is no case


class Request(BaseModel):
    """One message of the demo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    channel: Literal["email", "slack"]
    name: str
    address: str
    body: str
    expect: Expectation
    subject: str = ""
    answers: str = ""  # id of the message whose letter this one answers
    attachments: tuple[str, ...] = ()
    headers: Mapping[str, str] = Field(default_factory=dict)
    html: bool = False

    @property
    def message_id(self) -> str:
        return f"<{self.id}@{self.address.partition('@')[2]}>"

    @property
    def slack_user(self) -> str:
        """The sender's id in the demo's Slack."""
        return f"U0{self.name.split()[-1].upper()}"


def load_requests() -> tuple[Request, ...]:
    """The messages in the order in which they are sent."""
    text = resources.files("crbot.demo").joinpath("requests.toml").read_text(encoding="utf-8")
    return tuple(Request.model_validate(each) for each in tomllib.loads(text)["message"])


def as_mail(request: Request, desk: str, sent_at: datetime, answers: str = "") -> bytes:
    """The message as the sender's mail program writes it; `answers` is the Message-ID of the letter it answers."""
    mail = EmailMessage()
    mail["From"] = formataddr((request.name, request.address))
    mail["To"] = desk
    mail["Subject"] = request.subject
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = request.message_id
    if answers:
        mail["In-Reply-To"] = answers
        mail["References"] = answers
    for name, value in request.headers.items():
        mail[name] = value
    mail.set_content(request.body.lstrip())
    if request.html:
        mail.add_alternative(_as_html(request.body), subtype="html")
    for name in request.attachments:
        mail.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def _as_html(body: str) -> str:
    paragraphs = "".join(f"<p>{each.strip()}</p>\n" for each in body.split("\n\n"))
    return f"<html><body>\n{paragraphs}</body></html>\n"
