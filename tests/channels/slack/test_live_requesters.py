"""A requester in a browser, over the socket and over HTTP: the form, the questions, the buttons, the Home tab."""

from __future__ import annotations

import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from crbot import wiring
from crbot.cases.case import Case, Place
from crbot.cases.meetings import CallState
from crbot.config import Settings
from crbot.demo.local_slack import SIGNING_SECRET, LocalSlack, StandInMissing
from crbot.intake.ports import StaffAction, Verb
from crbot.worker import Worker, now
from tests.channels.slack.test_live import page_of
from tests.servers import free_port
from tests.slack_peer import until

pytestmark = pytest.mark.live

RIVERA = "U0RIVERA"
NUMBER = f"CRI-{now().year}-0001"
NEED = "After the shooting of March 1 we would like an after-action review & advice."


class Desk:
    """The whole bot, in one mode, with a Slack that others wrote."""

    def __init__(self, folder: Path, mode: str) -> None:
        port = free_port()
        self.slack = LocalSlack(events_url=f"http://127.0.0.1:{port}/slack/events" if mode == "http" else "")
        self.slack.start()
        slack = {
            "bot_token": self.slack.bot_token,
            "app_token": self.slack.app_token,
            "api_url": self.slack.api_url,
            "channels": {place.value: channel for place, channel in self.slack.channels.items()},
            "mode": mode,
            "signing_secret": SIGNING_SECRET,
            "port": port,
        }
        settings = Settings.model_validate(
            {"database_url": f"sqlite:///{folder / 'crbot.db'}", "slack": slack}
        )
        self.bot = wiring.make_bot(settings, now)
        self.worker = Worker(self.bot)
        self.worker.start()
        listener = self.worker._listener
        assert listener is not None
        until("the way in", listener.is_connected)

    def stop(self) -> None:
        self.worker.stop()
        self.slack.stop()

    def case(self) -> Case | None:
        return self.bot.store.case(NUMBER)

    def said(self) -> list[dict[str, Any]]:
        """What the bot said to the chief, as it stands."""
        messages = self.slack.messages(self.slack.dm_of(RIVERA))
        return [message for message in messages if message.get("bot_id")]

    def texts(self, channel: str) -> str:
        return "\n".join(str(message["text"]) for message in self.slack.messages(channel))


@pytest.fixture(params=["socket", "http"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    try:
        running = Desk(tmp_path, request.param)
    except StandInMissing as missing:
        pytest.skip(str(missing))
    yield running
    running.stop()


def photograph(page: Page, name: str) -> None:
    """Where a folder is named, a picture of the page is left in it, to be looked at."""
    if folder := os.environ.get("LIVE_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def field(page: Page, label: str) -> Locator:
    return page.locator(".bk-input", has_text=label)


def test_from_the_form_to_a_set_call(desk: Desk, request: pytest.FixtureRequest) -> None:
    mode = request.node.callspec.params["desk"]
    with page_of(desk.slack) as page:
        page.set_viewport_size({"width": 1200, "height": 1000})
        page.locator("select").first.select_option(RIVERA)
        page.locator(".sidebar-item", has_text="CRI Intake").click()
        page.get_by_role("button", name="Start a Request").click()
        field(page, "Agency").first.locator("input").fill("Springfield Police Department")
        field(page, "State or territory").locator("select").select_option("OH")
        field(page, "Kind of agency").locator("select").select_option("local")
        page.get_by_label("Yes, I head the agency").check()
        photograph(page, f"{mode}-1-who")
        page.get_by_role("button", name="Next").click()
        field(page, "What happened").locator("textarea, input").fill(NEED)
        photograph(page, f"{mode}-2-what")
        page.get_by_role("button", name="Send Request").click()

        opened = until("the case", desk.case)
        assert opened.decision.facts.value("agency_state") == "OH"
        assert opened.decision.facts.value("requester_authority") == "chief_executive"
        assert opened.asked == ("investigation", "litigation")
        until("the acknowledgement", desk.said)
        page.locator(".sidebar-item", has_text="Chief Ana Rivera").first.click()
        page.get_by_role("button", name="Answer Questions").wait_for()
        photograph(page, f"{mode}-3-acknowledgement")

        page.get_by_role("button", name="Answer Questions").click()
        field(page, "investigation").get_by_label("No", exact=True).check()
        photograph(page, f"{mode}-4-questions")
        page.get_by_role("button", name="Send Answers").click()
        until("one answer", lambda: (case := desk.case()) and case.asked == ("litigation",))
        until("the thanks", lambda: len(desk.said()) == 2)
        until("the old buttons to go", lambda: "See our newer message" in str(desk.said()[0]["blocks"]))

        propose = StaffAction(Verb.PROPOSE_CALL, NUMBER, "U0LEE", by_name="Jordan Lee")
        desk.worker.keep(wiring.terminal_action(propose, now()))
        until("the proposal", lambda: len(desk.said()) == 3)
        page.get_by_text("replies", exact=False).first.click()
        slot = page.locator("button", has_text=re.compile(r"\d{4} at \d")).first
        slot.wait_for()
        photograph(page, f"{mode}-5-times")
        slot.click()
        until(
            "the call",
            lambda: (case := desk.case()) and case.call and case.call.state is CallState.SET,
            30,
        )

        page.locator(".sidebar-item", has_text="CRI Intake").click()
        page.get_by_text("Our call is on").or_(page.get_by_text("We wait for your answer")).first.wait_for()
        photograph(page, f"{mode}-6-home")


def test_files_deletions_and_commands_reach_the_case(desk: Desk) -> None:
    channel = desk.slack.dm_of(RIVERA)
    desk.slack.post_dm(RIVERA, "I am the chief of police of Springfield, Ohio. We would like training.")
    until("the case", desk.case)
    upload(desk.slack, channel, "The letter is attached.", "letter.txt", b"Signed by the chief")
    until("the file", lambda: "letter.txt" in str(desk.bot.store.record_of(NUMBER)))

    ts = desk.slack.post_dm(RIVERA, "The union may sue us.")
    until(
        "the words", lambda: (case := desk.case()) and case.decision.facts.value("litigation") == "potential"
    )
    desk.slack._call("_control/delete-message", {"channel": channel, "ts": ts, "user": RIVERA})
    until(
        "the deletion",
        lambda: any("its words stay kept" in desk.texts(desk.slack.channels[place]) for place in Place),
    )

    desk.slack.command(RIVERA, f"status {NUMBER}")
    until("how it stands", lambda: f"*{NUMBER}*" in str(desk.slack._call("_control/log")))


def upload(slack: LocalSlack, channel: str, text: str, name: str, content: bytes) -> None:
    edge = "----crbot"
    parts = {"channel": channel, "user": RIVERA, "text": text}
    body = "".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in parts.items()
    ).encode()
    body += (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    ).encode()
    body += content + f"\r\n--{edge}--\r\n".encode()
    request = urllib.request.Request(
        f"{slack.ui_url}_control/upload",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={edge}"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
