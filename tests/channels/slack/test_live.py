"""The whole way through a Slack that others wrote: a direct message in, a card out, a click, the card redrawn."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from crbot.cases.case import Place
from crbot.cases.letters import Letter, LetterName
from crbot.channels.slack.account import Account
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.listen import SlackListener
from crbot.channels.slack.members import Members
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.people import People
from crbot.channels.slack.posting import Pace
from crbot.channels.slack.reader import SlackReader
from crbot.channels.slack.staff import Staff
from crbot.demo.local_slack import LocalSlack
from crbot.intake.ports import Arrival, Drawing, Ignored, Outgoing, Received, StaffAction, Verb
from crbot.wiring import load_rules
from tests.channels.slack.examples import BODY, CASE, label
from tests.channels.slack.test_staff import Cases
from tests.local_slack import local_slack
from tests.slack_peer import until

__all__ = ["local_slack"]

pytestmark = pytest.mark.live

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

REQUEST = "I am the Chief of Police of Springfield. We would like an after-action review & <advice>."


@pytest.fixture
def arrivals() -> queue.Queue[Arrival]:
    return queue.Queue()


@pytest.fixture
def account(local_slack: LocalSlack) -> Account:
    return Account(local_slack.bot_token, local_slack.app_token, local_slack.api_url)


@pytest.fixture
def listener(account: Account, arrivals: queue.Queue[Arrival]) -> Iterator[SlackListener]:
    listening = SlackListener(account, arrivals.put, lambda: datetime.now(UTC), lambda _: None)
    listening.start()
    until("the connection", listening.is_connected)
    yield listening
    listening.stop()


def reader_of(local_slack: LocalSlack, account: Account, people: People) -> SlackReader:
    members = Members(account.web_client(), local_slack.channels)
    acting = StaffActions(members.among, lambda _: CASE, people.person)
    return SlackReader(people, local_slack.channels.values(), acting.read)


@pytest.mark.usefixtures("listener")
def test_from_a_direct_message_to_a_claimed_card(
    local_slack: LocalSlack, account: Account, arrivals: queue.Queue[Arrival]
) -> None:
    people = People(account.web_client())
    reader = reader_of(local_slack, account, people)
    outlet = SlackOutlet(
        account.web_client(),
        local_slack.channels,
        Words(label, lambda letter: f"Thank you. Your case is {letter.case}.", people.person),
        Pace(gap_seconds=0),
    )

    def next_read() -> Received | StaffAction:
        while isinstance(read := reader.read(arrivals.get(timeout=10)), Ignored):
            pass
        return read

    ts = local_slack.post_dm("U0RIVERA", REQUEST)
    received = next_read()
    assert isinstance(received, Received)
    assert received.message.body == REQUEST
    assert received.message.sender.address == "arivera@springfieldpd.example.gov"
    assert received.identity == f"{local_slack.dm_of('U0RIVERA')}:{ts}"

    case = replace(CASE, conversation=received.conversation, requester=received.message.sender)
    letter = Letter(LetterName.ACKNOWLEDGEMENT, received.conversation, case.number)
    drawing = Drawing(case, Place.CRITICAL_RESPONSE, received.message.body, 1)
    outlet.deliver(Outgoing(1, "letter", letter, 1, "t"))
    card = outlet.deliver(Outgoing(2, "card", drawing, 1, "t"))
    channel, _, card_ts = card.identity.partition(":")
    dm = local_slack.messages(local_slack.dm_of("U0RIVERA"))
    assert [each["text"] for each in dm if each.get("thread_ts") == ts] == [
        "Thank you. Your case is CRI-2026-0042."
    ]

    local_slack.post_dm("U0RIVERA", "There is no lawsuit.")
    answered = next_read()
    assert isinstance(answered, Received)
    assert answered.refers_to[0] == received.identity

    local_slack.click(channel, card_ts, "case_claim", "U0LEE")
    action = next_read()
    assert action == StaffAction(
        Verb.CLAIM, case.number, "U0LEE", revision=7, seen_in=channel, by_name="Jordan Lee"
    )

    claimed = replace(
        drawing,
        case=case.changed(owner=action.by),
        posted={Place.CRITICAL_RESPONSE: card.identity},
        log=f"Claimed by {action.by}.",
    )
    assert outlet.deliver(Outgoing(3, "claimed", claimed, 1, "t")) == card
    shown = local_slack.messages(channel)
    assert "Claimed by <@U0LEE>" in shown[0]["blocks"][1]["elements"][0]["text"]
    assert [each["text"] for each in shown if each.get("thread_ts") == card_ts and each["ts"] != card_ts] == [
        "I am the Chief of Police of Springfield. We would like an after-action review & ‹advice›.",
        "Claimed by Jordan Lee.",
    ]


def test_what_went_out_is_found_by_its_blocks(local_slack: LocalSlack, account: Account) -> None:
    """The stand-in keeps no metadata."""
    outlet = SlackOutlet(
        account.web_client(),
        local_slack.channels,
        Words(label, lambda _: "", lambda _: CASE.requester),
        Pace(0),
    )
    drawn = Outgoing(
        1,
        "k9",
        Drawing(replace(CASE, number="CRI-2026-0043"), Place.CRI_TAC, "Help", 9),
        1,
        "t",
    )

    first = outlet.deliver(drawn)
    again = outlet.deliver(replace(drawn, attempts=2))

    assert again == first
    assert len(local_slack.messages(local_slack.channels[Place.CRI_TAC])) == 2


@pytest.mark.usefixtures("listener")
def test_a_click_in_the_browser_arrives(
    local_slack: LocalSlack, account: Account, arrivals: queue.Queue[Arrival]
) -> None:
    """The page draws every block of the card, and its button is a real one."""
    people = People(account.web_client())
    words = Words(label, lambda _: "", people.person)
    outlet = SlackOutlet(account.web_client(), local_slack.channels, words, Pace(0))
    drawing = Drawing(replace(CASE, number="CRI-2026-0044"), Place.ORGANIZATIONAL_ASSESSMENT, BODY, 3)
    outlet.deliver(Outgoing(1, "k7", drawing, 1, "t"))

    with page_of(local_slack) as page:
        page.get_by_text("organizational-assessment").first.click()
        card = page.locator(".blocks", has_text="CRI-2026-0044")
        shown = card.inner_text()
        card.get_by_role("button", name="Claim").click()
        arrived = arrivals.get(timeout=10)

    assert "We would like an after-action review of our response" in shown
    assert "[rich_text]" not in shown
    assert reader_of(local_slack, account, people).read(arrived) == StaffAction(
        Verb.CLAIM,
        "CRI-2026-0044",
        "U0LEE",
        revision=7,
        seen_in=local_slack.channels[Place.ORGANIZATIONAL_ASSESSMENT],
        by_name="Jordan Lee",
    )


def test_a_form_opens_in_the_browser_and_what_is_sent_is_an_action(
    local_slack: LocalSlack, account: Account, arrivals: queue.Queue[Arrival]
) -> None:
    people = People(account.web_client())
    case = replace(CASE, number="CRI-2026-0045", owner="U0LEE", asked=())
    cases = Cases((case,))
    members = Members(account.web_client(), local_slack.channels)
    acting = StaffActions(members.among, cases.case, people.person)
    staff = Staff(
        account.web_client(),
        local_slack.channels,
        cases,
        load_rules,
        lambda: datetime.now(UTC),
        acting,
        members,
        why_refused=lambda action: "" if action.reason else "Moving a case needs a reason.",
        otherwise=lambda _: None,
    )
    listening = SlackListener(account, arrivals.put, lambda: datetime.now(UTC), lambda _: None, at_once=staff)
    listening.start()
    until("the connection", listening.is_connected)
    outlet = SlackOutlet(
        account.web_client(), local_slack.channels, Words(label, lambda _: "", people.person), Pace(0)
    )
    outlet.deliver(Outgoing(1, "k8", Drawing(case, Place.CRI_TAC, BODY, 3), 1, "t"))

    with page_of(local_slack) as page:
        page.get_by_text("cri-tac").first.click()
        card = page.locator(".blocks", has_text="Springfield").last
        card.locator("select").select_option(label="Re-route to another queue")
        page.get_by_label("Organizational Assessment").check()
        page.get_by_role("button", name="Re-Route Case").click()
        page.get_by_text("Moving a case needs a reason.").wait_for()
        page.locator("[class*=modal] input:not([type=radio]), [class*=modal] textarea").last.fill(
            "An assessment of the whole department"
        )
        page.get_by_role("button", name="Re-Route Case").click()
        arrived = arrivals.get(timeout=10)
    listening.stop()

    assert acting.read(json.loads(arrived.raw)) == StaffAction(
        Verb.REROUTE,
        "CRI-2026-0045",
        "U0LEE",
        revision=7,
        reason="An assessment of the whole department",
        values={"queue": "organizational_assessment"},
        seen_in=local_slack.channels[Place.CRI_TAC],
        by_name="Jordan Lee",
    )


@contextmanager
def page_of(local_slack: LocalSlack) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(local_slack.ui_url)
        yield page
        browser.close()
