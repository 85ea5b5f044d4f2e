"""The list of sites and the report: for people, for programs, and safe with whatever stands in a name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, sync_playwright
from selectolax.lexbor import LexborHTMLParser

from crbot.cases.figures import Chart, Figures, FirstContact
from crbot.cases.sites import Entry, Sites
from crbot.channels import charts, tidings

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://evil.example") <script>alert(1)</script> $x_1$ & “O’Fallon”'
SITES = Sites(
    active=(
        Entry(
            "Elm Ridge Police Department, OH",
            "Critical Response",
            ("Issue-specific review",),
            ("Use of Force", "Arrests"),
            "Ongoing",
        ),
        Entry(HOSTILE, "CRI-TAC", ("Training",), (), "Assessment"),
    ),
    closed=(
        Entry(
            "Walnut Bend Police Department, IA",
            "Critical Response",
            ("After-action review",),
            ("Arrests",),
            "Closed",
            "https://cops.example.gov/walnut-bend.pdf",
        ),
    ),
)


def chart(title: str, counts: tuple[int, ...] = (3, 1)) -> Chart:
    return Chart(title, (HOSTILE, "other")[: len(counts)], {"Cases": counts, HOSTILE: counts})


FIGURES = Figures(
    since=datetime(2026, 1, 1, tzinfo=UTC),
    until=datetime(2026, 4, 1, tzinfo=UTC),
    requests=4,
    by_week=chart("Requests a week, by queue"),
    by_disposition=chart("What the rules came to"),
    by_rule=Chart("Outcome of each rule", (), {}),
    by_stage=chart("Where the cases stand"),
    open_questions=chart("Questions that are open"),
    first_contact=FirstContact(3, 1, timedelta(hours=5), timedelta(days=3)),
    followed_up=8,
    answered=6,
)


def test_the_text_names_each_site_with_assistance_topics_and_status() -> None:
    text = tidings.sites_as_text(SITES)

    assert "Active sites\n  Elm Ridge Police Department, OH\n" in text
    assert (
        "    Type of assistance: Issue-specific review\n    Topics: Use of Force; Arrests\n    Status: Ongoing\n"
        in text
    )
    assert "Closed sites\n  Walnut Bend Police Department, IA\n" in text
    assert "    Report: https://cops.example.gov/walnut-bend.pdf\n" in text


def test_an_empty_list_says_so() -> None:
    empty = Sites((), ())

    assert tidings.sites_as_text(empty) == "Active sites\n  none\n\nClosed sites\n  none\n"
    assert "No agency is being assisted publicly" in tidings.sites_as_page(empty, NOW)


def test_programs_read_the_same_list_as_json() -> None:
    told = json.loads(tidings.sites_as_json(SITES))

    assert [entry["agency"] for entry in told["active"]] == [entry.agency for entry in SITES.active]
    assert told["closed"][0]["report"] == "https://cops.example.gov/walnut-bend.pdf"


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(tidings.sites_as_csv(SITES))))

    assert rows[0] == ["agency", "program", "assistance", "topics", "status", "report"]
    assert [row[0][:3] for row in rows[1:]] == ["Elm", "'=H", "Wal"]
    assert rows[1][3] == "Use of Force; Arrests"


@pytest.mark.parametrize("page", [tidings.sites_as_page(SITES, NOW), tidings.report_as_page(FIGURES, NOW)])
def test_a_page_can_be_used_without_eyes_and_fetches_nothing(page: str) -> None:
    tree = LexborHTMLParser(page)

    assert tree.css("script") == []
    assert "<script>" not in page
    assert tree.root is not None
    assert tree.root.attributes["lang"] == "en"
    assert all(table.css_first("caption") for table in tree.css("table"))
    assert all(head.attributes.get("scope") in ("col", "row") for head in tree.css("th"))
    assert all(str(image.attributes["src"]).startswith("data:") for image in tree.css("img"))
    assert all(image.attributes["alt"] for image in tree.css("img"))


def test_the_report_tells_how_long_agencies_waited_and_what_came_of_follow_ups() -> None:
    page = tidings.report_as_page(FIGURES, NOW)

    assert "Intake from January 1, 2026 to March 31, 2026" in page
    assert "half within 5 hours, nine in ten within 3 days; 1 still waiting" in page
    assert "8 sent, 6 answered (75 %)" in page
    assert "Nothing to show for this period." in page


def test_the_same_figures_give_the_same_picture() -> None:
    assert charts.svg(FIGURES.by_week) == charts.svg(FIGURES.by_week)
    assert charts.png(FIGURES.by_week).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=20), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_span_is_told_in_words(span: timedelta, words: str) -> None:
    assert tidings.in_words(span) == words


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.live
def test_a_browser_draws_the_charts_and_says_nothing_is_wrong(browser_page: Page, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(tidings.report_as_page(FIGURES, NOW), encoding="utf-8")
    complaints: list[str] = []
    browser_page.on("console", lambda message: complaints.append(message.text))

    browser_page.goto(f"file://{quote(str(file))}")
    widths = browser_page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    browser_page.screenshot(path=tmp_path / "report.png", full_page=True)

    assert complaints == []
    assert len(widths) == 4
    assert min(widths) > 100
