"""A file that can't be had from Slack is tried again later, over restarts too; then it is with its case, or staff see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crbot.cases.case import Case
from crbot.cases.respond import LateFile, Notice
from crbot.channels.slack.account import Account
from crbot.channels.slack.files import Files
from crbot.channels.slack.listen import arrival_of
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.reader import SlackReader
from crbot.intake.due import send_due
from crbot.intake.incoming import Desk, think
from crbot.intake.ports import Drawing, Ignored, Outgoing, Receipt
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel
from crbot.wiring import load_rules
from tests.channels.slack.test_working import REQUEST, Workspace
from tests.fakes import Clock
from tests.slack_peer import Answer, SlackPeer, direct_message, event_payload, slack_peer

LETTER = "The chief's letter"
RULES = load_rules()


class Away(SlackOutlet):
    """Brings files in, and shows what else is sent to nobody."""

    def __init__(self, files: Files) -> None:
        words = Words(RULES.label, lambda letter: "", Workspace().person)
        super().__init__(Account("xoxb-1").web_client(), {}, words, fetch_late=files.fetch_late)
        self.sent: list[Outgoing] = []

    def lane(self, outgoing: Outgoing) -> str:
        return "all"

    def deliver(self, outgoing: Outgoing) -> Receipt:
        if isinstance(outgoing.what, LateFile):
            return super().deliver(outgoing)
        self.sent.append(outgoing)
        return Receipt(f"C0:{len(self.sent)}")


class Desks:
    def __init__(self, peer: SlackPeer) -> None:
        self.clock = Clock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
        engine = open_engine("sqlite://")
        upgrade(engine)
        self.store = SqlStore(engine)
        account = Account("xoxb-1", api_url=peer.api_url)
        files = Files(account, lambda arrival: self.store.keep((arrival,)), self.clock)
        self.outlet = Away(files)
        reader = SlackReader(Workspace(), ["C0REV"], lambda payload: Ignored(""), files.fetch)
        self.desk = Desk(self.store, reader, RULES, frozenset(), self.clock)

    def passes(self, hours: float, step: timedelta = timedelta(minutes=1)) -> None:
        """Time passes, step by step."""
        for _ in range(round(timedelta(hours=hours) / step)):
            while think(self.desk):
                pass
            while send_due(self.store, Channel.SLACK, self.outlet, self.clock):
                pass
            self.clock.pass_(step)

    def case(self) -> Case:
        [line] = self.store.list_cases()
        found = self.store.case(line.number)
        assert found is not None
        return found


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        yield running


@pytest.fixture
def desks(peer: SlackPeer) -> Desks:
    desks = Desks(peer)
    file = {"id": "F1", "name": "letter.pdf", "size": 18, "url_private_download": peer.file_url("letter.pdf")}
    event = {**direct_message(REQUEST), "subtype": "file_share", "files": [file]}
    desks.store.keep((arrival_of(event_payload(event), desks.clock()),))
    return desks


def test_a_file_that_can_not_be_had_is_brought_in_later_and_told_on_the_card(
    desks: Desks, peer: SlackPeer
) -> None:
    peer.files["letter.pdf"] = Answer(503)
    desks.passes(0.1)
    assert [doubt for doubt in desks.case().doubts if "is not kept yet: Slack answers 503" in doubt]

    peer.files["letter.pdf"] = Answer(body=LETTER)
    desks.passes(0.5)

    assert desks.case().doubts == ()
    logs = [each.what.log for each in desks.outlet.sent if isinstance(each.what, Drawing)]
    assert logs[-1] == "The attached file “letter.pdf” is kept now"
    filed = desks.store.record_of(desks.case().number)[-1]
    assert [file[:2] for file in filed["detail"]["files"]] == [["letter.pdf", len(LETTER)]]


def test_what_can_not_be_had_for_days_is_shown_to_staff_who_can_try_again(
    desks: Desks, peer: SlackPeer
) -> None:
    peer.files["letter.pdf"] = Answer(503)
    desks.passes(24 * 7, timedelta(hours=1))

    notices = [each.what for each in desks.outlet.sent if isinstance(each.what, Notice)]
    [shown] = [notice for notice in notices if notice.title == "An attached file could not be kept"]
    assert "“letter.pdf”: Slack answers 503" in shown.text

    peer.files["letter.pdf"] = Answer(body=LETTER)
    assert desks.store.retry(shown.again, desks.clock())
    desks.passes(0.1)
    assert desks.case().doubts == ()


def test_what_is_gone_is_not_tried_again(desks: Desks, peer: SlackPeer) -> None:
    desks.passes(1)

    assert len(peer.downloads) == 1
    assert "is not kept: it is gone; it is still in" in json.dumps(desks.case().doubts, ensure_ascii=False)
