"""What is due reaches Slack once, stays up to date there, and a failure says what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from crbot.cases.case import Conversation, Place
from crbot.cases.chart import Chart
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Notice, Whisper
from crbot.channels.slack.account import Account
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.people import People, with_names
from crbot.channels.slack.posting import Pace
from crbot.intake.ports import DeliveryFailed, Drawing, NotYet, Outgoing, Receipt
from crbot.triage.message import Channel, Person
from tests.channels.slack.examples import CASE, drawing, label
from tests.slack_peer import Answer, SlackPeer, slack_peer

CHANNELS = {
    Place.CRI_TAC: "C0TAC",
    Place.CRITICAL_RESPONSE: "C0CR",
    Place.ORGANIZATIONAL_ASSESSMENT: "C0OA",
    Place.REVIEW: "C0REV",
}
LETTER = Letter(
    LetterName.ACKNOWLEDGEMENT,
    Conversation(Channel.SLACK, "D0RIVERA", "1795319400.000100"),
    case="CRI-2026-0042",
)
NOTICE = Notice("A complaint", "an officer complains", quote="<!channel> look", sender="Bo")


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Unhurried(SlackOutlet):
    """Sends when it is the channel's turn, as the outbox does."""

    clock: Clock

    def deliver(self, outgoing: Outgoing) -> Receipt:
        while True:
            try:
                return super().deliver(outgoing)
            except NotYet as not_yet:
                self.clock.now += not_yet.wait.total_seconds()


@pytest.fixture
def outlet(peer: SlackPeer, clock: Clock) -> SlackOutlet:
    outlet = Unhurried(*_parts(peer, clock))
    outlet.clock = clock
    return outlet


@pytest.fixture
def hurried(peer: SlackPeer, clock: Clock) -> SlackOutlet:
    return SlackOutlet(*_parts(peer, clock))


def _parts(peer: SlackPeer, clock: Clock) -> tuple[WebClient, Mapping[Place, str], Words, Pace]:
    client = Account("xoxb-1", api_url=peer.api_url, timeout_seconds=5).web_client()
    words = Words(
        label, lambda letter: f"Thank you. Your case is {letter.case} &lt;now&gt;.", People(client).person
    )
    return client, CHANNELS, words, Pace(monotonic=clock.monotonic, sleep=clock.sleep)


def outgoing(what: Letter | Drawing | Notice | Whisper, *, key: str = "k1", attempts: int = 1) -> Outgoing:
    return Outgoing(1, key, what, attempts, token="t")


def texts(peer: SlackPeer, channel: str) -> list[str]:
    return [message["text"] for message in peer.messages.get(channel, [])]


# --- the chart of a notice --------------------------------------------------------------------------------------------

CHARTED = replace(NOTICE, chart=Chart("Open cases", ("received", "delivery"), {"Cases": (2, 1)}))


def pictures(peer: SlackPeer) -> list[str]:
    return [file["name"] for each in peer.messages["C0REV"] for file in each.get("files", ())]


def test_the_chart_is_shown_below_its_notice_and_told_in_words(outlet: SlackOutlet, peer: SlackPeer) -> None:
    outlet.deliver(outgoing(CHARTED))

    text, picture = peer.messages["C0REV"]
    [asked] = peer.called("files.getUploadURLExternal")
    assert text["text"].startswith("A complaint")
    assert [file["title"] for file in picture["files"]] == ["Open cases"]
    assert asked["alt_txt"] == "Open cases: received 2, delivery 1"
    assert all(content.startswith(b"\x89PNG") for content in peer.uploads.values())


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"]
)
@pytest.mark.parametrize("is_done_first", [False, True])
def test_a_chart_that_failed_is_shown_once_later(
    outlet: SlackOutlet, peer: SlackPeer, method: str, is_done_first: bool
) -> None:
    peer.plan(method, Answer(body=None, is_done_first=is_done_first))
    with pytest.raises(DeliveryFailed) as failure:
        outlet.deliver(outgoing(CHARTED))
    assert not failure.value.permanent

    again = outgoing(CHARTED, attempts=2)
    if not outlet.look_up(again):
        outlet.deliver(again)

    assert len([text for text in texts(peer, "C0REV") if text]) == 1
    assert len(pictures(peer)) == 1
    assert outlet.look_up(again)


def test_where_the_app_may_show_no_pictures_the_words_go_out_and_the_mend_is_told(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    peer.plan("files.getUploadURLExternal", Answer.error("missing_scope", needed="files:write"))

    receipt = outlet.deliver(outgoing(CHARTED))

    text, why = peer.messages["C0REV"]
    assert receipt.identity == f"C0REV:{text['ts']}"
    assert why["thread_ts"] == text["ts"]
    assert "lacks the scope files:write" in why["text"]


# --- letters, notices, whispers ---------------------------------------------------------------------------------------


def test_a_letter_goes_into_the_thread_it_answers(outlet: SlackOutlet, peer: SlackPeer) -> None:
    receipt = outlet.deliver(outgoing(LETTER))

    [sent] = peer.called("chat.postMessage")
    assert (sent["channel"], sent["thread_ts"]) == ("D0RIVERA", "1795319400.000100")
    assert sent["text"] == "Thank you. Your case is CRI-2026-0042 &lt;now&gt;."
    assert sent["metadata"]["event_type"] == "crbot"
    assert sent["metadata"]["event_payload"]["key"] == "k1"
    assert receipt.identity == f"D0RIVERA:{peer.messages['D0RIVERA'][0]['ts']}"


def test_an_escalation_calls_whoever_is_on_duty_in_its_channel(peer: SlackPeer, clock: Clock) -> None:
    client, channels, words, pace = _parts(peer, clock)
    outlet = SlackOutlet(client, channels, replace(words, duty={Place.REVIEW: "U0LEE"}), pace)
    escalation = replace(NOTICE, calls_duty=True)

    clock.now = 0.0
    outlet.deliver(outgoing(escalation))
    clock.now = 10.0
    outlet.deliver(outgoing(replace(escalation, place=Place.CRI_TAC), key="k2"))
    clock.now = 20.0
    outlet.deliver(outgoing(NOTICE, key="k3"))

    assert [text.startswith("<@U0LEE> ") for text in texts(peer, "C0REV")] == [True, False]
    assert peer.messages["C0REV"][0]["blocks"][1]["text"]["text"].startswith("<@U0LEE> An officer")
    assert "<@" not in texts(peer, "C0TAC")[0]


def test_whoever_mentioned_the_bot_is_answered_in_a_direct_conversation(outlet: SlackOutlet) -> None:
    letter = replace(LETTER, to=Conversation(Channel.SLACK, "U0RIVERA"))

    receipt = outlet.deliver(outgoing(letter))

    assert receipt.identity.startswith("D0RIVERA:")
    assert outlet.look_up(outgoing(letter)) == receipt


@pytest.mark.parametrize("what", [LETTER, NOTICE], ids=["letter", "notice"])
def test_what_went_out_and_was_not_confirmed_is_not_sent_again(
    outlet: SlackOutlet, peer: SlackPeer, what: Letter | Notice
) -> None:
    peer.plan("chat.postMessage", Answer(body=None, is_done_first=True))
    with pytest.raises(DeliveryFailed) as failure:
        outlet.deliver(outgoing(what))
    assert not failure.value.permanent

    found = outlet.look_up(outgoing(what, attempts=2))
    again = outlet.deliver(outgoing(what, attempts=2))

    assert found == again
    assert len(peer.called("chat.postMessage")) == 1


def test_another_letter_in_the_same_thread_is_not_taken_for_this_one(outlet: SlackOutlet) -> None:
    outlet.deliver(outgoing(LETTER, key="k1"))

    assert outlet.look_up(outgoing(LETTER, key="k2")) is None


def test_it_is_found_by_its_blocks_where_slack_keeps_no_metadata(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    receipt = outlet.deliver(outgoing(NOTICE))
    del peer.messages["C0REV"][0]["metadata"]

    assert outlet.look_up(outgoing(NOTICE)) == receipt


def test_where_the_bot_may_not_read_nobody_can_tell_and_it_is_sent(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    peer.plan("conversations.history", Answer.error("missing_scope", needed="groups:history"))

    outlet.deliver(outgoing(NOTICE, attempts=2))

    assert texts(peer, "C0REV") == ["A complaint: an officer complains"]


def test_while_slack_cannot_be_asked_nothing_is_sent_a_second_time(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    peer.plan("conversations.history", Answer(500, "down"))

    with pytest.raises(DeliveryFailed):
        outlet.deliver(outgoing(NOTICE, attempts=2))

    assert not peer.messages


def test_a_whisper_is_seen_by_one_person_and_pings_nobody(outlet: SlackOutlet, peer: SlackPeer) -> None:
    outlet.deliver(outgoing(Whisper("U0LEE", "C0CR", "U0ORTIZ1 was faster <!here>")))

    assert peer.called("chat.postEphemeral") == [
        {"channel": "C0CR", "user": "U0LEE", "text": "Chief Ana Rivera was faster &lt;!here&gt;"}
    ]


# --- buttons under letters --------------------------------------------------------------------------------------------

ASKING = replace(LETTER, fields={"questions": ["Is there a lawsuit?"]})
NOTED = replace(ASKING, name=LetterName.ANSWERS_NOTED, fields={"questions": []})
PROPOSAL = replace(
    LETTER,
    name=LetterName.CALL_PROPOSAL,
    fields={"slots": ["Tuesday at 2:00 pm", "Friday at 9:00 am"], "round": 2},
)


def buttons(message: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (element["action_id"], element["text"]["text"], element["value"])
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_open_questions_can_be_answered_and_what_was_understood_corrected(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    outlet.deliver(outgoing(ASKING))

    assert buttons(peer.messages["D0RIVERA"][0]) == [
        ("request_answer", "Answer Questions", "CRI-2026-0042"),
        ("request_correct", "Correct Something", "CRI-2026-0042"),
    ]


def test_each_proposed_time_is_a_button_and_so_is_none_of_them(outlet: SlackOutlet, peer: SlackPeer) -> None:
    outlet.deliver(outgoing(PROPOSAL))

    assert buttons(peer.messages["D0RIVERA"][0]) == [
        ("request_slot:1", "Tuesday at 2:00 pm", "CRI-2026-0042|2|1"),
        ("request_slot:2", "Friday at 9:00 am", "CRI-2026-0042|2|2"),
        ("request_slot:none", "None of These", "CRI-2026-0042|2|none"),
    ]


@pytest.mark.parametrize("letter", [replace(ASKING, case=None), replace(ASKING, name=LetterName.MESSAGE)])
def test_other_letters_have_no_buttons(outlet: SlackOutlet, peer: SlackPeer, letter: Letter) -> None:
    outlet.deliver(outgoing(letter))

    assert buttons(peer.messages["D0RIVERA"][0]) == []


@pytest.mark.parametrize("thread", ["", "1795319400.000100"])
def test_a_letter_takes_the_buttons_of_those_that_it_settles(
    outlet: SlackOutlet, peer: SlackPeer, thread: str
) -> None:
    def here(letter: Letter) -> Letter:
        return replace(letter, to=replace(letter.to, thread=thread))

    of_another = replace(here(ASKING), case="CRI-2026-0043")
    for number, letter in enumerate((here(ASKING), here(PROPOSAL), of_another, here(NOTED))):
        outlet.deliver(outgoing(letter, key=f"k{number}"))

    asked, proposed, other, noted = peer.messages["D0RIVERA"]
    assert buttons(asked) == []
    assert asked["blocks"][-1]["elements"][0]["text"].startswith("See our newer message")
    assert asked["text"] == "Thank you. Your case is CRI-2026-0042 &lt;now&gt;."
    assert asked["metadata"]["event_payload"]["key"] == "k0"
    assert len(buttons(proposed)) == 3
    assert len(buttons(other)) == 2
    assert [text for _, text, _ in buttons(noted)] == ["Correct Something"]


def test_a_letter_that_is_out_is_out_also_where_old_buttons_stay(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    outlet.deliver(outgoing(ASKING))
    peer.plan("chat.update", Answer(500, "down"))

    outlet.deliver(outgoing(NOTED, key="k2"))

    assert len(peer.called("chat.postMessage")) == 2


# --- cards ------------------------------------------------------------------------------------------------------------


def posted(receipt_identity: str, place: Place = Place.CRITICAL_RESPONSE) -> dict[Place, str]:
    return {place: receipt_identity.rpartition(":")[2]}


def test_a_new_case_is_a_card_with_the_whole_message_in_its_thread(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    receipt = outlet.deliver(outgoing(drawing(log="Routed.")))

    card, letter, log = peer.messages["C0CR"]
    assert card["text"].startswith("Urgent request CRI-2026-0042")
    assert receipt.identity == f"C0CR:{card['ts']}"
    assert [each["thread_ts"] for each in (letter, log)] == [card["ts"]] * 2
    assert letter["blocks"][0]["elements"][0]["elements"][0]["text"] == drawing().body
    assert log["text"] == "Routed."


def test_a_change_redraws_the_card_in_place_and_tells_in_its_thread(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    first = outlet.deliver(outgoing(drawing()))
    claimed = replace(CASE, owner="U0LEE", revision=8)

    second = outlet.deliver(
        outgoing(drawing(claimed, posted=posted(first.identity), log="Claimed by U0LEE1."), key="k2")
    )

    assert second == first
    card, _, log = peer.messages["C0CR"]
    assert "Claimed by <@U0LEE>" in card["blocks"][1]["elements"][0]["text"]
    assert card["blocks"][0]["block_id"] == "head:CRI-2026-0042:r8"
    assert log["text"] == "Claimed by Chief Ana Rivera."


def test_a_reply_of_the_agency_is_told_in_the_thread(outlet: SlackOutlet, peer: SlackPeer) -> None:
    first = outlet.deliver(outgoing(drawing()))
    replied = replace(drawing(body="There is no lawsuit.", posted=posted(first.identity)), message_id=6)

    outlet.deliver(outgoing(replied, key="k2"))
    outlet.deliver(outgoing(replied, key="k3"))

    assert texts(peer, "C0CR")[2:] == ["There is no lawsuit."]


def test_what_is_missing_after_a_failure_in_between_is_posted_and_nothing_twice(
    outlet: SlackOutlet, peer: SlackPeer
) -> None:
    drawn = drawing(body="word " * 1000, log="Routed.")
    peer.plan("chat.postMessage", Answer(body=None, is_done_first=True))
    for attempt in (1, 2, 3):
        if attempt == 2:
            peer.plan("conversations.replies", Answer(500, "down"))
        with pytest.raises(DeliveryFailed) if attempt < 3 else nullcontext():
            outlet.deliver(outgoing(drawn, attempts=attempt))

    once = [message["metadata"]["event_payload"]["part"] for message in peer.messages["C0CR"]]
    assert len(once) == len(set(once)) == 4


def test_a_case_that_moves_leaves_a_pointer_and_gets_a_new_card(outlet: SlackOutlet, peer: SlackPeer) -> None:
    first = outlet.deliver(outgoing(drawing()))

    moved = drawing(place=Place.CRI_TAC, posted={Place.CRITICAL_RESPONSE: first.identity})
    second = outlet.deliver(outgoing(moved, key="k2"))

    old, new = peer.messages["C0CR"][0], peer.messages["C0TAC"][0]
    assert second.identity == f"C0TAC:{new['ts']}"
    assert [block["type"] for block in old["blocks"]] == ["section", "context"]
    assert (
        f"<https://cri.example.gov/C0TAC/{new['ts']}|Open the card in CRI-TAC>"
        in (old["blocks"][1]["elements"][0]["text"])
    )


def test_a_case_moves_also_where_its_old_channel_is_archived(outlet: SlackOutlet, peer: SlackPeer) -> None:
    first = outlet.deliver(outgoing(drawing()))
    peer.plan("chat.update", Answer.error("is_archived"))

    moved = drawing(place=Place.CRI_TAC, posted={Place.CRITICAL_RESPONSE: first.identity})

    assert outlet.deliver(outgoing(moved, key="k2")).identity.startswith("C0TAC:")


def test_a_card_that_was_posted_and_never_recorded_is_found(outlet: SlackOutlet, peer: SlackPeer) -> None:
    first = outlet.deliver(outgoing(drawing()))

    second = outlet.deliver(outgoing(drawing(replace(CASE, revision=8)), key="k2"))

    assert second == first
    assert len(peer.messages["C0CR"]) == 2


def test_a_card_that_somebody_deleted_is_posted_anew(outlet: SlackOutlet, peer: SlackPeer) -> None:
    first = outlet.deliver(outgoing(drawing()))
    peer.messages.clear()

    second = outlet.deliver(outgoing(drawing(posted=posted(first.identity)), key="k2"))

    assert second != first
    assert len(peer.messages["C0CR"]) == 2


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
def test_a_card_that_slack_refuses_is_replaced_by_a_small_one(
    outlet: SlackOutlet, peer: SlackPeer, code: str
) -> None:
    peer.plan("chat.postMessage", Answer.error(code))

    outlet.deliver(outgoing(drawing(body="")))

    [card] = peer.messages["C0CR"]
    assert [block["type"] for block in card["blocks"]] == ["section", "actions"]


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("channel_not_found", "invite the bot to it"),
        ("not_in_channel", "invite it there with /invite"),
        ("is_archived", "unarchive it"),
        ("missing_scope", "lacks the scope chat:write"),
        ("invalid_auth", "set CRBOT_SLACK__BOT_TOKEN"),
        ("token_revoked", "set CRBOT_SLACK__BOT_TOKEN"),
    ],
)
def test_what_no_later_try_can_help_says_how_it_is_mended(
    outlet: SlackOutlet, peer: SlackPeer, code: str, mend: str
) -> None:
    peer.plan("chat.postMessage", Answer.error(code, needed="chat:write"))

    with pytest.raises(DeliveryFailed, match=mend) as failure:
        outlet.deliver(outgoing(NOTICE))

    assert failure.value.permanent


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}), timedelta(seconds=30)),
        (Answer(429, {"ok": False, "error": "ratelimited"}), None),
        (Answer(503, "<html>down</html>"), None),
        (Answer(200, "<html>a proxy's page</html>"), None),
        (Answer(body=None), None),
        (Answer.error("internal_error"), None),
        (Answer.error("an_error_of_next_year"), None),
    ],
)
def test_what_may_pass_is_tried_again_and_not_before_slack_says(
    outlet: SlackOutlet, peer: SlackPeer, answer: Answer, wait: timedelta | None
) -> None:
    peer.plan("chat.postMessage", answer)

    with pytest.raises(DeliveryFailed) as failure:
        outlet.deliver(outgoing(NOTICE))

    assert not failure.value.permanent
    assert failure.value.wait == wait
    assert len(peer.called("chat.postMessage")) == 1


def test_a_channel_gets_one_message_a_second(outlet: SlackOutlet, clock: Clock) -> None:
    outlet.deliver(outgoing(drawing(log="Routed.")))
    outlet.deliver(outgoing(LETTER, key="k2"))

    assert clock.waits == [1.0, 1.0]


def test_what_comes_too_early_for_its_channel_lets_others_pass(
    hurried: SlackOutlet, peer: SlackPeer, clock: Clock
) -> None:
    hurried.deliver(outgoing(NOTICE))

    with pytest.raises(NotYet) as not_yet:
        hurried.deliver(outgoing(NOTICE, key="k2"))
    hurried.deliver(outgoing(LETTER, key="k3"))

    assert not_yet.value.wait == timedelta(seconds=1)
    assert clock.waits == []
    assert [len(peer.messages[channel]) for channel in ("C0REV", "D0RIVERA")] == [1, 1]


def test_after_slack_asks_to_wait_everything_into_that_channel_waits(
    hurried: SlackOutlet, peer: SlackPeer, clock: Clock
) -> None:
    peer.plan("chat.postMessage", Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}))
    with pytest.raises(DeliveryFailed):
        hurried.deliver(outgoing(NOTICE))

    with pytest.raises(NotYet) as not_yet:
        hurried.deliver(outgoing(NOTICE, key="k2"))
    assert not_yet.value.wait == timedelta(seconds=30)
    clock.now += 30
    hurried.deliver(outgoing(NOTICE, key="k2"))

    assert len(peer.messages["C0REV"]) == 1


def test_in_the_middle_of_a_card_the_wait_is_left_to_the_outbox(
    hurried: SlackOutlet, peer: SlackPeer, clock: Clock
) -> None:
    peer.plan(
        "chat.postMessage", Answer(is_done_first=True, body={"ok": True, "ts": "1.1", "channel": "C0CR"})
    )
    peer.plan("chat.postMessage", Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}))

    with pytest.raises(DeliveryFailed) as failure:
        hurried.deliver(outgoing(drawing()))

    assert failure.value.wait == timedelta(seconds=30)
    assert clock.waits == [1.0]


def test_each_channel_is_a_lane(outlet: SlackOutlet) -> None:
    things = (LETTER, NOTICE, drawing(), Whisper("U0LEE", "C0CR", "faster"))

    assert [outlet.lane(outgoing(each)) for each in things] == ["D0RIVERA", "C0REV", "C0CR", "C0CR"]


@pytest.mark.parametrize(
    ("what", "code", "is_ours"),
    [
        (NOTICE, "is_archived", True),
        (drawing(), "not_in_channel", True),
        (LETTER, "channel_not_found", False),
        (LETTER, "token_revoked", True),
        (LETTER, "missing_scope", True),
        (LETTER, "cannot_dm_bot", False),
        (Whisper("U0LEE", "C0CR", "faster"), "user_not_in_channel", False),
    ],
)
def test_what_our_side_must_mend_waits_and_what_concerns_one_person_is_given_up(
    outlet: SlackOutlet, peer: SlackPeer, what: Letter | Notice | Drawing | Whisper, code: str, is_ours: bool
) -> None:
    for method in ("chat.postMessage", "chat.postEphemeral"):
        peer.plan(method, Answer.error(code, needed="chat:write"))

    with pytest.raises(DeliveryFailed) as failure:
        outlet.deliver(outgoing(what))

    assert (failure.value.permanent, failure.value.is_ours) == (True, is_ours)


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_person_is_asked_for_once_an_hour(peer: SlackPeer, clock: Clock) -> None:
    people = People(Account("xoxb-1", api_url=peer.api_url).web_client(), clock.monotonic)

    assert people.person("U0RIVERA") == Person("Chief Ana Rivera", "arivera@springfieldpd.example.gov")
    assert people.person("U0RIVERA").name == "Chief Ana Rivera"
    assert len(peer.called("users.info")) == 1
    clock.now += 3600
    people.person("U0RIVERA")
    assert len(peer.called("users.info")) == 2


@pytest.mark.parametrize(
    ("answer", "person"),
    [
        (Answer(500, "down"), Person(address="U0RIVERA")),
        (Answer.error("user_not_found"), Person(address="U0RIVERA")),
        (Answer(body={"ok": True, "user": {"name": "ana"}}), Person("ana", "U0RIVERA")),
    ],
)
def test_a_person_of_whom_slack_tells_little_is_known_by_the_id(
    peer: SlackPeer, answer: Answer, person: Person
) -> None:
    peer.plan("users.info", answer)

    assert People(Account("xoxb-1", api_url=peer.api_url).web_client()).person("U0RIVERA") == person


def test_what_was_said_before_is_told_newest_first(outlet: SlackOutlet, peer: SlackPeer) -> None:
    for key in ("k1", "k2", "k3"):
        outlet.deliver(outgoing(NOTICE, key=key))
    first, second, third = (message["ts"] for message in peer.messages["C0REV"])
    people = People(Account("xoxb-1", api_url=peer.api_url).web_client())

    assert people.earlier("C0REV", third) == (second, first)
    assert people.direct("U0RIVERA") == "D0RIVERA"


def test_a_message_is_read_also_while_slack_cannot_be_asked(peer: SlackPeer) -> None:
    peer.plan("conversations.history", Answer(500, "down"))
    peer.plan("conversations.open", Answer(500, "down"))
    people = People(Account("xoxb-1", api_url=peer.api_url).web_client())

    assert people.earlier("D0RIVERA", "1795319400.000100") == ()
    assert people.direct("U0RIVERA") == "U0RIVERA"


def test_only_what_looks_like_an_id_becomes_a_name() -> None:
    known = {"U0LEE": Person("Jordan Lee")}

    said = with_names("WARNING: claimed by <@U0LEE>, not by U0OTHER1", lambda each: known.get(each, Person()))

    assert said == "WARNING: claimed by Jordan Lee, not by U0OTHER1"
