"""What is attached on Slack is kept as it came, within limits; the token is shown to Slack alone."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crbot.channels.slack.account import Account
from crbot.channels.slack.files import LARGEST_BYTES, MOST_FILES, Files, is_file
from crbot.intake.ports import Arrival, File
from tests.slack_peer import Answer, SlackPeer, slack_peer

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LETTER = "The chief's letter"
SHA256 = hashlib.sha256(LETTER.encode()).hexdigest()


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        running.files["letter.pdf"] = Answer(body=LETTER)
        yield running


@pytest.fixture
def kept() -> list[Arrival]:
    return []


@pytest.fixture
def files(peer: SlackPeer, kept: list[Arrival]) -> Files:
    return Files(Account("xoxb-1", api_url=peer.api_url), kept.append, lambda: NOW)


def listed(peer: SlackPeer, name: str = "letter.pdf", **more: object) -> dict[str, object]:
    return {"id": "F1", "name": name, "size": 18, "url_private_download": peer.file_url(name), **more}


def test_a_file_is_kept_as_it_came_and_noted_by_name_size_and_hash(
    files: Files, peer: SlackPeer, kept: list[Arrival]
) -> None:
    fetched = files.fetch([listed(peer)])

    assert fetched.files == (File("letter.pdf", len(LETTER), SHA256),)
    assert fetched.doubts == ()
    [arrival] = kept
    assert (arrival.raw, arrival.received_at) == (LETTER.encode(), NOW)
    assert is_file(arrival)
    assert peer.downloads == [("letter.pdf", "Bearer xoxb-1")]


def test_the_same_file_again_has_the_same_key(files: Files, peer: SlackPeer, kept: list[Arrival]) -> None:
    files.fetch([listed(peer)])
    files.fetch([listed(peer)])

    assert len({arrival.key for arrival in kept}) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/files/letter.pdf",
        "http://127.0.0.1.evil.example/letter.pdf",
        "https://127.0.0.1/letter.pdf",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_token_is_shown_to_no_other_host(
    files: Files, peer: SlackPeer, kept: list[Arrival], url: str
) -> None:
    fetched = files.fetch([listed(peer, url_private_download=url)])

    assert fetched.doubts == (
        "The attached file “letter.pdf” is not kept: Slack does not hold it itself; it is still in the conversation in Slack",
    )
    assert not kept


@pytest.mark.parametrize(
    ("api", "url", "is_asked"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T0-F1/letter.pdf", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/files-pri/T0-F1/letter.pdf", True),
        ("https://slack.com/api/", "https://files.slack-gov.com/files-pri/T0-F1/letter.pdf", False),
        ("https://slack.com/api/", "https://evilslack.com/letter.pdf", False),
        ("https://slack.com/api/", "http://files.slack.com/letter.pdf", False),
    ],
)
def test_files_are_asked_of_the_hosts_of_the_workspaces_own_slack(api: str, url: str, is_asked: bool) -> None:
    assert Files(Account("xoxb-1", api_url=api), print, lambda: NOW)._is_slacks(url) is is_asked


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(302, headers={"Location": "http://evil.example/"}), "has the scope files:read"),
        (Answer(403), "has the scope files:read"),
        (Answer(404), "it is gone"),
        (Answer(500), "Slack answers 500"),
        (Answer(body=None), "Slack can't be reached"),
    ],
)
def test_a_file_that_cannot_be_had_is_named_with_the_reason(
    files: Files, peer: SlackPeer, kept: list[Arrival], answer: Answer, why: str
) -> None:
    peer.files["gone.pdf"] = answer

    fetched = files.fetch([listed(peer, "gone.pdf"), listed(peer)])

    assert [why in doubt for doubt in fetched.doubts] == [True]
    assert [file.name for file in fetched.files] == ["letter.pdf"]


@pytest.mark.parametrize("told", [LARGEST_BYTES + 1, 18])
def test_a_file_that_is_too_large_is_left_whatever_its_size_is_said_to_be(
    files: Files, peer: SlackPeer, kept: list[Arrival], told: int
) -> None:
    peer.files["huge.bin"] = Answer(body="x" * (LARGEST_BYTES + 1))

    fetched = files.fetch([listed(peer, "huge.bin", size=told)])

    assert "it is larger than 25 MB" in fetched.doubts[0]
    assert not kept


def test_no_message_brings_in_more_than_so_many_files(files: Files, peer: SlackPeer) -> None:
    fetched = files.fetch([listed(peer, id=f"F{number}") for number in range(MOST_FILES + 2)])

    assert len(fetched.files) == MOST_FILES
    assert fetched.doubts == ("12 files are attached, and 10 of them are kept; the others are still there",)


def test_the_files_of_one_message_hold_up_the_others_only_so_long(
    peer: SlackPeer, kept: list[Arrival]
) -> None:
    passing = itertools.count(0, 40)
    files = Files(
        Account("xoxb-1", api_url=peer.api_url), kept.append, lambda: NOW, lambda: float(next(passing))
    )

    assert "it took too long" in files.fetch([listed(peer)]).doubts[0]


def test_of_a_file_of_another_workspace_slack_is_asked_first(files: Files, peer: SlackPeer) -> None:
    peer.plan("files.info", Answer(body={"ok": True, "file": listed(peer)}))

    fetched = files.fetch(
        [{"id": "F1", "file_access": "check_file_info"}, {"id": "F2", "file_access": "check_file_info"}]
    )

    assert [file.name for file in fetched.files] == ["letter.pdf"]
    assert len(fetched.doubts) == 1
