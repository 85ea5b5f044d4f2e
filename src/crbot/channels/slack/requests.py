"""What requesters fill in on Slack: the form of a request, of open questions, of corrections; and what they tell. Pure.

The fields and their words come from the rules (`facts.yaml`). When a form is opened, and for whom, is
`requesters`'s; what follows from what it tells, the use cases'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crbot.cases.case import Case
from crbot.channels.slack.blocks import Block, Payload, context, section
from crbot.channels.slack.text import clip, line, one_line
from crbot.triage.facts import UNKNOWN
from crbot.triage.policy import FactRule, Policy

# What forms and shortcuts are called; all that begins so is a requester's.
MARK = "request_"
WHO, WHAT, ANSWERS, CORRECTIONS = "request_who", "request_what", "request_answers", "request_corrections"
NEW_SHORTCUT, FILE_SHORTCUT = "request_new", "request_file"

_AGENCY = ("agency_name", "agency_state", "agency_type")
_WHO_ASKS = (*_AGENCY, "requester_authority")
_WHAT_IS_ASKED = ("services", "incident", "investigation", "litigation")
_CORRECTED = (*_AGENCY, "services")
_ASKED_IN_FORM = {"incident": "Is a recent critical incident at your agency the reason for this request?"}
_ASKED_AS = {"agency_type": _AGENCY}  # the question that asks for several facts at once

_TITLE, _LABEL, _PLACEHOLDER, _OPTION, _HINT = 24, 2000, 150, 75, 2000  # characters, as Slack counts them
_MOST_RADIO, _MOST_OPTIONS = 10, 100
_LONGEST_NAME, _LONGEST_CONTACT, _LONGEST_WORDS = 200, 300, 3000
_WORDS, _CONTACT, _FILES = "words", "contact", "files"  # fields that are no facts
_VALUE = "value"  # the action id of each field
# How the values of these facts answer their question; all others are called as the rules call them.
_AS_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "requester_authority": {
        "chief_executive": "Yes, I head the agency",
        "authorized": "No, but its head has authorized this request",
        "not_authorized": "No, and its head has not authorized it",
    },
    "investigation": {"active": "Yes", "none": "No"},
    "litigation": {
        "active": "Yes",
        "potential": "Not now, but it is expected or threatened",
        "none": "No",
    },
}
_DONT_KNOW = "I don’t know"

_STATES = """
AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas
KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri
MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina
ND North Dakota|MP Northern Mariana Islands|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico
RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|VI U.S. Virgin Islands|UT Utah|VT Vermont
VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
"""
STATES: Mapping[str, str] = {
    each[:2]: each[3:] for each in _STATES.replace("\n", "|").split("|") if each
}  # postal code -> name


@dataclass(frozen=True, slots=True)
class Told:
    """What a submitted form tells."""

    answers: Mapping[str, str]  # fact -> value, several with commas
    words: str = ""  # the sender's own
    case: str | None = None  # number
    thread: str = ""  # where it was asked for, in the direct conversation
    files: tuple[Mapping[str, Any], ...] = field(default=())  # as Slack names them


# --- the forms --------------------------------------------------------------------------------------------------


def who_form(policy: Policy) -> Payload:
    """The first step of a request: who asks, and which agency is to be helped."""
    return {
        **_view(WHO, "Request assistance", "Next", {}),
        "blocks": [
            context(
                "about",
                "For state, local, county, tribal, campus and territorial law enforcement agencies. "
                "A person of the program reads every request; no machine decides about it.",
            ),
            *(_field(policy.facts[fact], is_optional=False) for fact in _WHO_ASKS if fact in policy.facts),
            _words(_CONTACT, "Phone, and good times for a call", _LONGEST_CONTACT, is_optional=True),
        ],
    }


def what_form(who: Payload, policy: Policy) -> Payload:
    """The second step; the answers of the first, a submitted view, go with it."""
    return {
        **_view(WHAT, "Request assistance", "Send Request", _carried(who)),
        "close": _plain("Back", _TITLE),
        "blocks": [
            _words(
                _WORDS,
                "What happened, and what help is wanted",
                _LONGEST_WORDS,
                hint="In your own words. Please leave out names of victims and other sensitive details.",
                is_long=True,
            ),
            *(_field(policy.facts[fact]) for fact in _WHAT_IS_ASKED if fact in policy.facts),
            {
                "type": "input",
                "block_id": _FILES,
                "optional": True,
                "label": _plain("Letters or documents", _LABEL),
                "element": {"type": "file_input", "action_id": _VALUE, "max_files": 5},
            },
        ],
    }


# Of each answer of the first step, so many characters go with the second one: together, and each of them escaped,
# they stay below the 3,000 that Slack takes there, whatever somebody has made of our form.
_CARRIED: Mapping[str, int] = {
    **dict.fromkeys(_WHO_ASKS, 40),
    "agency_name": _LONGEST_NAME,
    _CONTACT: _LONGEST_CONTACT,
}


def _carried(who: Payload) -> dict[str, str]:
    answered = _answered(who)
    return {name: clip(one_line(answered[name]), most) for name, most in _CARRIED.items() if name in answered}


def answers_form(case: Case, policy: Policy, thread: str = "") -> Payload:
    """The open questions of a case, one field for each, all of them free to be left out."""
    questions = [question for question in case.decision.questions if question.fact in policy.facts]
    fields = [each for question in questions for each in _question(question.fact, question.text, policy)]
    if not fields:
        return notice_form(f"No question of {case.number} is open any more. Thank you.")
    return {
        **_view(ANSWERS, "Answer questions", "Send Answers", {"case": case.number, "thread": thread}),
        "blocks": [
            _of_case(case),
            *fields,
            _words(_WORDS, "Anything to add", _LONGEST_WORDS, is_long=True, is_optional=True),
        ],
    }


def corrections_form(case: Case, policy: Policy, thread: str = "") -> Payload:
    """What was understood of a case, to be corrected."""
    facts = case.decision.facts
    return {
        **_view(
            CORRECTIONS, "Correct something", "Send Corrections", {"case": case.number, "thread": thread}
        ),
        "blocks": [
            _of_case(case),
            *(
                _field(policy.facts[fact], initial=facts.values(fact))
                for fact in _CORRECTED
                if fact in policy.facts
            ),
            _words(_WORDS, "What else is not right", _LONGEST_WORDS, is_long=True, is_optional=True),
        ],
    }


def notice_form(text: str) -> Payload:
    """A view that only tells something."""
    return {
        "type": "modal",
        "title": _plain("Your request", _TITLE),
        "close": _plain("Done", _TITLE),
        "blocks": [section("told", line(text, 1000))],
    }


# --- what a submitted form tells ----------------------------------------------------------------------------------


def is_requesters(name: str) -> bool:
    """Whether a form or shortcut of this name is a requester's."""
    return name.startswith(MARK)


def faults(view: Payload) -> dict[str, str]:
    """What keeps a form from being taken: field -> what to do. Nothing is asked of anybody for it."""
    told = told_by(view)
    if view["callback_id"] == WHAT and _WORDS not in _answered(view):
        return {_WORDS: "Tell us in a few words what help is wanted"}
    if view["callback_id"] in (ANSWERS, CORRECTIONS) and not told.answers and not told.words.strip():
        first = next(block["block_id"] for block in view["blocks"] if block["type"] == "input")
        return {
            first: "Answer at least one of the questions" if view["callback_id"] == ANSWERS else _NO_CHANGE
        }
    return {}


_NO_CHANGE = "Change what is not right, or tell us below"


def told_by(view: Payload) -> Told:
    """Read a submitted form. Values that a form does not offer are left to the rules to refuse."""
    known = json.loads(view.get("private_metadata") or "{}")
    own, before = _answered(view), _before(view)
    answers = {
        **{fact: value for fact, value in known.items() if fact in _WHO_ASKS},
        **{fact: value for fact, value in own.items() if fact not in (_WORDS, _CONTACT)},
    }
    changed = {fact: value for fact, value in answers.items() if value != before.get(fact)}
    words = [
        own.get(_WORDS, ""),
        f"Phone, and good times: {contact}" if (contact := known.get(_CONTACT)) else "",
    ]
    chosen = (element.get("files") or () for element in _elements(view).values())
    return Told(
        answers=changed,
        words="\n\n".join(filter(None, words)),
        case=known.get("case"),
        thread=known.get("thread", ""),
        files=tuple(file for files in chosen for file in files),
    )


def _elements(view: Payload) -> dict[str, Payload]:
    """The fields' states by block, whatever their elements are called."""
    values = (view.get("state") or {}).get("values") or {}
    return {block: next(iter(elements.values())) for block, elements in values.items() if elements}


def _answered(view: Payload) -> dict[str, str]:
    """What was filled in: field -> value, several with commas; without what was left out."""
    read = {block: _value_of(element) for block, element in _elements(view).items()}
    return {block: value for block, value in read.items() if value.strip()}


def _value_of(element: Payload) -> str:
    if selected := element.get("selected_options"):
        return ",".join(sorted(option["value"] for option in selected))
    if chosen := element.get("selected_option"):
        return str(chosen["value"])
    value = element.get("value")
    return value if isinstance(value, str) else ""


def _before(view: Payload) -> dict[str, str]:
    """What a form was filled in with when it was opened."""
    initial: dict[str, str] = {}
    for block in view.get("blocks") or ():
        element = block.get("element") or {}
        state = {
            "selected_options": element.get("initial_options"),
            "selected_option": element.get("initial_option"),
            "value": element.get("initial_value"),
        }
        if value := _value_of(state):
            initial[block["block_id"]] = value
    return initial


# --- fields -------------------------------------------------------------------------------------------------------


def _question(fact: str, text: str, policy: Policy) -> Iterator[Block]:
    """A question as a field; one that asks for several facts, as a field for each."""
    several = [each for each in _ASKED_AS.get(fact, ()) if each in policy.facts]
    if not several:
        yield _field(policy.facts[fact], label=text)
        return
    yield section(f"asks:{fact}", line(text, 1000))
    yield from (_field(policy.facts[each]) for each in several)


def _field(
    rule: FactRule, *, label: str = "", initial: Iterable[str] = (), is_optional: bool = True
) -> Block:
    return {
        "type": "input",
        "block_id": rule.name,
        "optional": is_optional,
        "label": _plain(label or _label_of(rule), _LABEL),
        "element": _element(rule, [each for each in initial if each != UNKNOWN]),
    }


def _label_of(rule: FactRule) -> str:
    if rule.name in _AGENCY:
        return rule.title
    return _ASKED_IN_FORM.get(rule.name) or rule.question or rule.title


def _element(rule: FactRule, initial: list[str]) -> Block:
    labels = STATES if rule.name == "agency_state" else rule.labels
    if not labels:
        text = clip(one_line(initial[0]), _LONGEST_NAME) if initial else ""
        return _text_input(_LONGEST_NAME, **({"initial_value": text} if text else {}))
    answers = {UNKNOWN: _DONT_KNOW, **_AS_ANSWERS.get(rule.name, {})}
    options = {
        value: _option(value, answers.get(value, text))
        for value, text in list(labels.items())[:_MOST_OPTIONS]
        if value != UNKNOWN or not rule.is_several
    }
    set_before = [options[value] for value in initial if value in options]
    offered = {"action_id": _VALUE, "options": list(options.values())}
    if rule.is_several:
        before = {"initial_options": set_before} if set_before else {}
        return {"type": "multi_static_select", **_CHOOSE, **offered, **before}
    one_before = {"initial_option": set_before[0]} if set_before else {}
    if len(options) > _MOST_RADIO:
        return {"type": "static_select", **_CHOOSE, **offered, **one_before}
    return {"type": "radio_buttons", **offered, **one_before}


def _words(
    block_id: str,
    label: str,
    longest: int,
    *,
    hint: str = "",
    is_long: bool = False,
    is_optional: bool = False,
) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "optional": is_optional,
        "label": _plain(label, _LABEL),
        "element": _text_input(longest, **({"multiline": True} if is_long else {})),
    }
    return {**block, "hint": _plain(hint, _HINT)} if hint else block


def _text_input(longest: int, **more: object) -> Block:
    return {"type": "plain_text_input", "action_id": _VALUE, "max_length": longest, **more}


def _view(callback_id: str, title: str, submit: str, carried: Mapping[str, str]) -> Payload:
    """A form's frame; `carried` comes back with it, and is shown to nobody."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": json.dumps(carried, ensure_ascii=False, separators=(",", ":")),
        "title": _plain(title, _TITLE),
        "submit": _plain(submit, _TITLE),
        "close": _plain("Cancel", _TITLE),
    }


def _of_case(case: Case) -> Block:
    return context("about", f"{case.number} · {line(case.agency, 300)}")


def _option(value: str, text: str) -> Block:
    return {"text": _plain(text, _OPTION), "value": value}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(one_line(text), limit), "emoji": False}


_CHOOSE: Block = {"placeholder": _plain("Choose", _PLACEHOLDER)}
