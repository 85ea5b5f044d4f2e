"""Cases to look at in a browser: what decided stands marked in the message; only who has the token sees it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright
from selectolax.lexbor import LexborHTMLParser

from crbot.cases.case import Case
from crbot.cases.followups import FollowUp, Purpose
from crbot.channels.http import HttpServer
from crbot.channels.looking import case_page, marked, pages
from tests.channels.slack.examples import BODY, CASE, label, patient

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TOKEN = "a-long-secret"
HOSTILE = '<script>alert(1)</script> {{ 7 * 7 }} "O\'Fallon" &amp;'


class Shelf:
    """Cases as they are laid out for looking."""

    def __init__(self, case: Case = CASE, words: tuple[str, ...] = (BODY,)) -> None:
        self._case = case
        self._words = words

    def newest(self, limit: int) -> Sequence[Case]:
        return [self._case][:limit]

    def case(self, number: str) -> Case | None:
        return self._case if number == self._case.number else None

    def words_of(self, number: str) -> tuple[str, ...]:
        return self._words

    def record_of(self, number: str) -> tuple[Mapping[str, Any], ...]:
        return ({"at": NOW, "what": "claimed", "by": "Jordan Lee", "detail": {"reason": HOSTILE}},)

    def follow_ups_of(self, case: Case) -> tuple[FollowUp, ...]:
        return (FollowUp(case.number, next(iter(Purpose)), 1, "1", NOW, is_letter=True),)


def shown(case: Case = CASE, words: tuple[str, ...] = (BODY,)) -> LexborHTMLParser:
    return LexborHTMLParser(case_page(case, Shelf(case, words), label, NOW))


# -- what is shown


def test_the_words_that_decided_stand_marked_where_they_were_written() -> None:
    marks = {each.text(deep=False): each.attributes["title"] for each in shown().css("mark")}

    assert marks["The state's investigation closed in May"] == "Investigation: None"
    assert "Requester authority: Chief executive" in str(marks["I am the Chief of "])


def test_a_message_is_shown_whole_around_its_marks() -> None:
    page = shown()
    for told in page.css(".told"):
        told.decompose()

    assert page.css_first("article").text().strip() == BODY.strip()


@pytest.mark.parametrize(
    "heading", ["Eligibility rules", "Still to ask", "What was written", "Facts", "Follow-ups", "Record"]
)
def test_every_side_of_a_case_is_there(heading: str) -> None:
    assert heading in [each.text() for each in shown().css("h2")]


def test_hostile_words_stay_words() -> None:
    case = replace(CASE, subject=HOSTILE, outcome=HOSTILE, owner=HOSTILE, doubts=(HOSTILE,))
    page = shown(case, (HOSTILE,))

    assert page.css("script") == []
    assert page.css_first("article").text().strip() == HOSTILE


@patient
@given(st.text(), st.lists(st.tuples(st.text(), st.text())))
def test_no_character_is_lost_by_marking(text: str, evidence: list[tuple[str, str]]) -> None:
    assert "".join(run.text for run in marked(text, evidence)) == text


# -- who sees it


@pytest.fixture
def server() -> Iterator[HttpServer]:
    running = HttpServer(pages(Shelf(), label, TOKEN, lambda: NOW), 0)
    running.start()
    yield running
    running.stop()


def ask(server: HttpServer, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    told = (answer.status, answer.read().decode(), dict(answer.getheaders()))
    line.close()
    return told


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Cookie": "crbot=wrong"},
        {"Cookie": 'crbot="; ;;='},
        {"Authorization": ""},
    ],
)
def test_without_the_token_nothing_is_seen(server: HttpServer, headers: dict[str, str]) -> None:
    for path in ("/cases", "/cases/CRI-2026-0042", "/cases?token=wrong"):
        status, told, _ = ask(server, path, **headers)

        assert status == 401
        assert "Springfield" not in told


def test_with_the_token_a_case_is_seen_and_kept_by_no_browser(server: HttpServer) -> None:
    status, told, headers = ask(server, "/cases/CRI-2026-0042", Authorization=f"Bearer {TOKEN}")

    assert (status, "Springfield" in told) == (200, True)
    assert headers["Cache-Control"] == "no-store"


def test_the_token_does_not_stay_in_the_address(server: HttpServer) -> None:
    status, _, headers = ask(server, f"/cases/CRI-2026-0042?token={TOKEN}")

    assert (status, headers["Location"]) == (303, "/cases/CRI-2026-0042")
    assert "HttpOnly" in headers["Set-Cookie"]
    cookie = headers["Set-Cookie"].partition(";")[0]
    assert ask(server, "/cases", Cookie=cookie)[0] == 200


def test_a_case_that_is_not_there_is_said_so(server: HttpServer) -> None:
    assert ask(server, "/cases/CRI-2026-9999", Authorization=f"Bearer {TOKEN}")[0] == 404


def test_nothing_can_be_changed_there(server: HttpServer) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    line.request("POST", "/cases/CRI-2026-0042", headers={"Authorization": f"Bearer {TOKEN}"})

    assert line.getresponse().status == 405
    line.close()


# -- in a browser


@pytest.fixture
def browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium.new_page()
        chromium.close()


@pytest.mark.live
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_and_walked_by_keyboard(
    browser: Page, server: HttpServer, scheme: Any, tmp_path: Path
) -> None:
    browser.emulate_media(color_scheme=scheme)
    fetched: list[str] = []
    browser.on("request", lambda asked: fetched.append(asked.url))
    browser.goto(f"http://127.0.0.1:{server.port}/cases?token={TOKEN}")
    browser.keyboard.press("Tab")
    assert browser.evaluate("document.activeElement.textContent") == "Skip to the content"
    browser.keyboard.press("Tab")
    browser.keyboard.press("Enter")
    browser.wait_for_url("**/cases/CRI-2026-0042")

    assert all(url.startswith(f"http://127.0.0.1:{server.port}/") for url in fetched)
    for selector in ("body", "mark", "dt", "caption", ".ask", ".pass"):
        assert browser.locator(selector).first.evaluate(CONTRAST) >= 4.5, selector


# By the Web Content Accessibility Guidelines 2.1: the luminance of the ink to that of the paper behind it.
CONTRAST = """element => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element;
  while (behind && (parts(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const [a, b] = [light(parts(getComputedStyle(element).color)), light(parts(getComputedStyle(behind).backgroundColor))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
