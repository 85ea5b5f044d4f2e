"""The forms of staff: as agreed, within Slack's limits whatever stands in the case, and nothing of it in what comes back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from crbot.cases.case import Case
from crbot.cases.rulebook import Rulebook
from crbot.channels.slack import forms
from crbot.channels.slack.forms import FORMS, Ground
from crbot.channels.slack.limits import Surface
from crbot.intake.verbs import VALUES, Verb
from crbot.wiring import load_rules
from tests.channels.slack.examples import BODY, CASE, OPENED, STATES
from tests.channels.slack.generated import WORDS, assert_harmless, hostile_cases, many

GOLDEN = Path(__file__).parent / "golden" / "forms"
RULES: Rulebook = load_rules()
NOW = OPENED + timedelta(days=1)

# A form in the state in which it is wanted most, and a fact that was chosen in it.
WANTED: dict[str, tuple[Verb, str, str]] = {
    "reroute": (Verb.REROUTE, "unclaimed", ""),
    "ask": (Verb.ASK, "unclaimed", ""),
    "write": (Verb.WRITE, "claimed", ""),
    "note": (Verb.NOTE, "claimed", ""),
    "confirm": (Verb.CONFIRM, "claimed", ""),
    "correct": (Verb.CORRECT, "claimed", ""),
    "correct the lawsuit": (Verb.CORRECT, "claimed", "litigation"),
    "correct the agency": (Verb.CORRECT, "claimed", "agency_name"),
    "correct the state": (Verb.CORRECT, "claimed", "agency_state"),
    "correct the topics": (Verb.CORRECT, "claimed", "topics"),
    "dispute": (Verb.DISPUTE, "claimed", ""),
    "dispute the investigation": (Verb.DISPUTE, "claimed", "investigation"),
    "duplicate": (Verb.DUPLICATE, "unclaimed", ""),
    "advance": (Verb.ADVANCE, "call set", ""),
    "advance to withdrawn": (Verb.ADVANCE, "the agency takes it back", ""),
    "close": (Verb.CLOSE, "in delivery", ""),
    "reopen": (Verb.REOPEN, "closed", ""),
    "draft decline": (Verb.DRAFT_DECLINE, "in review", ""),
    "edit decline": (Verb.DRAFT_DECLINE, "decline written by staff", ""),
    "propose call": (Verb.PROPOSE_CALL, "claimed", ""),
    "set call": (Verb.CHANGE_CALL, "call proposed", ""),
    "move call": (Verb.CHANGE_CALL, "call set", ""),
    "cancel call": (Verb.CANCEL_CALL, "call set", ""),
    "write plan": (Verb.SAVE_PLAN, "work plan begun", ""),
    "change plan": (Verb.SAVE_PLAN, "work plan to change", ""),
    "send plan": (Verb.SEND_PLAN, "work plan written", ""),
    "confirm plan": (Verb.CONFIRM_PLAN, "work plan seems approved", ""),
    "return plan": (Verb.RETURN_PLAN, "work plan seems to want changes", ""),
    "hold follow-ups": (Verb.HOLD_FOLLOWUPS, "claimed", ""),
    "publish site": (Verb.PUBLISH_SITE, "in delivery", ""),
}


def ground(case: Case, fact: str = "", others: tuple[Case, ...] = ()) -> Ground:
    return Ground(case, RULES, NOW, "C0CR", others=others, fact=fact)


def wanted(name: str) -> dict[str, Any]:
    verb, state, fact = WANTED[name]
    others = (replace(CASE, number="CRI-2026-0041"),) if verb is Verb.DUPLICATE else ()
    return forms.form(verb, ground(STATES[state].case, fact, others))


def drawn() -> dict[str, dict[str, Any]]:
    """Every form and view of staff but the board's."""
    case = STATES["call set"].case
    return {
        **{name: wanted(name) for name in WANTED},
        "place held": forms.place_held("12", "C0REV"),
        "everything": forms.everything(case, "C0CR", "*Springfield*"),
        "everything after the end": forms.everything(STATES["closed"].case, "C0CR", "*Springfield*"),
        "full message": forms.full_message(case, "C0CR", (BODY, "No lawsuit."), 1),
        "told": forms.told("There is no such case."),
    }


@pytest.mark.parametrize("name", [*WANTED, *(name for name in drawn() if name not in WANTED)])
def test_a_form_looks_as_agreed(name: str) -> None:
    """CRBOT_GOLDEN=write draws the files anew; look at what changed before it is committed."""
    path = GOLDEN / f"{name.replace(' ', '_')}.json"
    view = drawn()[name]
    text = json.dumps(view, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("CRBOT_GOLDEN") == "write":
        GOLDEN.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert path.read_text() == text
    assert_harmless(view, Surface.MODAL)
    View(**view).validate_json()


def test_every_form_is_drawn_in_some_state() -> None:
    assert {verb for verb, _, _ in WANTED.values()} == set(FORMS)


@pytest.mark.parametrize("name", WANTED)
def test_a_forms_fields_are_the_values_of_its_action(name: str) -> None:
    verb = WANTED[name][0]
    names = {each["block_id"].partition(":")[0] for each in wanted(name)["blocks"] if each["type"] == "input"}

    known = {*VALUES.get(verb, {}), "reason"}
    assert names - {forms.EVIDENCE} <= known


@many
@given(hostile_cases(), st.sampled_from(sorted(FORMS)), st.sampled_from(sorted(RULES.policy.facts)))
def test_no_word_of_a_generated_case_breaks_a_form_or_comes_back_with_it(
    case: Case, verb: Verb, fact: str
) -> None:
    view = forms.form(verb, ground(case, fact, (case,)))

    assert view["callback_id"] == f"case_form_{verb}" or view["callback_id"] == forms.READ
    assert view["title"]["text"] != "Case", "the form was replaced by an excuse"
    assert_harmless(view, Surface.MODAL)


@many
@given(hostile_cases(), st.lists(WORDS, max_size=4), st.integers(-1, 20))
def test_no_word_of_a_generated_case_breaks_what_is_only_read(
    case: Case, texts: list[str], page: int
) -> None:
    assert_harmless(forms.full_message(case, "C0CR", tuple(texts), page), Surface.MODAL)
    assert_harmless(forms.everything(case, "C0CR", "head"), Surface.MODAL)


def test_all_pages_of_a_message_together_are_all_of_it() -> None:
    body = "".join(f"Line {number} of a very long letter, with some words in it.\n" for number in range(900))

    pages = [forms.full_message(CASE, "C0CR", (body,), page) for page in range(1, 5)]

    told = [
        part["elements"][0]["elements"][0]["text"]
        for page in pages
        for part in page["blocks"]
        if part["type"] == "rich_text"
    ]
    assert "".join(told) == body


def test_what_is_too_long_for_a_field_stands_in_several_and_nothing_of_it_is_cut() -> None:
    plan = STATES["work plan written"].case.plan
    assert plan
    long = replace(plan, versions=(replace(plan.newest, experts="x" * 4213),))

    view = forms.form(Verb.SAVE_PLAN, ground(replace(STATES["work plan written"].case, plan=long)))

    experts = [each for each in view["blocks"] if each["block_id"].startswith("experts")]
    assert [each["block_id"] for each in experts] == ["experts", "experts:2:run"]
    assert [len(each["element"]["initial_value"]) for each in experts] == [3000, 1213]


def test_call_times_that_suit_the_agency_are_offered_in_its_own_time_and_three_are_chosen() -> None:
    view = wanted("propose call")

    [suiting] = [each["element"] for each in view["blocks"] if each["block_id"] == "slots:suiting"]
    assert len(suiting["options"]) == 5
    assert suiting["initial_options"] == suiting["options"][:3]
    assert suiting["options"][0]["text"]["text"] == "Tuesday, November 24, 2026 at 9:00 am EST"
