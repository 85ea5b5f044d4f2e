"""Any folder of mail, as it was found in the world, through the whole of the intake: `make mail-corpus DIR=…`.

Without a folder named, the awkward mails of tests/mail are walked. `BOUNCES=…` names one that holds nothing but
machines' words: none of them may open a case, and none is answered.
"""

from __future__ import annotations

import email
import os
import re
from collections import Counter
from collections.abc import Iterator
from email import policy as email_policy
from email.errors import MissingHeaderBodySeparatorDefect
from pathlib import Path

import pytest

from crbot import wiring
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.files import mails_in
from crbot.channels.mail.mime import parse_mail
from crbot.intake.ports import Unreadable
from crbot.triage.decision import Kind
from tests.mail_desk import MailDesk, mail_desk

OWN = Path(__file__).parent / "mail"
CORPUS = Path(os.environ.get("CRBOT_MAIL_CORPUS") or OWN)
BOUNCES = os.environ.get("CRBOT_BOUNCE_CORPUS", "")
IS_NO_MAIL = {".json", ".md", ".toml", ".txt~"}
TOLD_OF_ALL = 0.98

_WORD = re.compile(r"[^\W\d_]{3,}")


def mails_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        if file.suffix not in IS_NO_MAIL:
            yield from mails_in(file)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def desk(rules: Rulebook) -> Iterator[MailDesk]:
    with mail_desk(rules) as desk:
        yield desk


def test_every_mail_of_a_folder_is_kept_and_told_of(desk: MailDesk) -> None:
    count, came = 0, Counter[str]()
    for name, raw in mails_below(CORPUS):
        count += 1
        thought = desk.hears(raw)
        if thought is None:
            came["the same mail as another"] += 1
        elif thought.did == "set aside":
            assert "broke the program" not in thought.trouble, f"{name}: {thought.trouble}"
            came["unreadable"] += 1
        else:
            came[thought.decision.kind.value if thought.decision else thought.did] += 1

    print(
        f"\n{count} mails: {dict(came.most_common())}, {len(desk.cases())} cases, {len(desk.letters())} letters"
    )
    assert sum(desk.states().values()) == count, "each is in the inbox"
    assert "kept" not in desk.states(), "each was worked on"


def test_no_text_is_lost_that_the_standard_library_finds() -> None:
    poorer, count = [], 0
    for name, raw in mails_below(CORPUS):
        theirs = _text_by_the_standard_library(raw)
        if theirs is None:
            continue
        count += 1
        try:
            ours = parse_mail(raw).body
        except Unreadable:
            ours = ""
        wanted, ours = set(_WORD.findall(theirs.casefold())), ours.casefold()
        joined = "".join(ours.split())  # it loses line ends where an encoding is declared that is none
        missing = {word for word in wanted - set(_WORD.findall(ours)) if word not in joined}
        if len(missing) > 0.05 * len(wanted):
            poorer.append((name, sorted(missing)[:8]))

    print(f"\n{count} mails with plain text by the standard library; poorer here: {len(poorer)}")
    assert poorer == []


def _text_by_the_standard_library(raw: bytes) -> str | None:
    """The plain text that it finds and could decode; None where there is none."""
    try:
        message = email.message_from_bytes(raw, policy=email_policy.default)
        if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in message.defects):
            return None  # it takes the headers after a broken line for text
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
    except Exception:  # noqa: BLE001  (it fails in a dozen ways, which is why it is not used)
        return None
    has_words = bool(_WORD.search(text)) and "\ufffd" not in text
    return text if has_words and len(text) < 200_000 else None


@pytest.mark.skipif(not BOUNCES, reason="no folder of bounces is named: make mail-corpus BOUNCES=…")
def test_machines_open_no_case_and_are_not_answered(desk: MailDesk) -> None:
    count, told, missed = 0, 0, []
    for name, raw in mails_below(Path(BOUNCES)):
        thought = desk.hears(raw)
        if thought is None:
            continue
        count += 1
        assert thought.did != "set aside", f"{name}: {thought.trouble}"
        if thought.decision and thought.decision.kind is Kind.AUTOMATIC:
            told += 1
        else:
            missed.append(name)

    print(f"\n{told} of {count} told as automatic; missed: {missed}")
    print(f"{len(desk.cases())} cases, {len(desk.letters())} letters, {len(desk.notices())} notices to staff")
    assert told >= TOLD_OF_ALL * count
    assert desk.cases() == []
    assert desk.letters() == []
