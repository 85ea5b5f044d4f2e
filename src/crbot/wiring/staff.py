"""A person at the terminal: what they do, and what staff have taught the rules."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from crbot.cases.case import Case
from crbot.cases.masking import vocabulary_of
from crbot.cases.proposals import KINDS, Proposal, proposals_of
from crbot.cases.rulebook import Rulebook
from crbot.channels.render import Letters
from crbot.channels.slack.text import decode
from crbot.config import Settings, read_texts, rules_folder
from crbot.intake.declining import letter_of
from crbot.intake.ports import Arrival, StaffAction, Unreadable
from crbot.intake.staff import look_up, refusal
from crbot.intake.vouching import NO_MEANS, Means
from crbot.store.store import SqlStore
from crbot.triage.message import Channel
from crbot.triage.policy import Policy
from crbot.wiring.database import means_in, open_database
from crbot.wiring.mail import is_signed

_ACTION = TypeAdapter(StaffAction)


def terminal_action(action: StaffAction, now: datetime) -> Arrival:
    """An action from the terminal, to be kept like everything that arrives."""
    return Arrival(Channel.TERMINAL, f"terminal:{uuid.uuid4()}", _ACTION.dump_json(action), now)


def why_refused(
    store: SqlStore, action: StaffAction, rules: Rulebook, now: datetime, means: Means = NO_MEANS
) -> str:
    """Why an action would not be done now, so that a person at the terminal knows at once; "" where it would.

    Nobody can tell while something else waits that may change the case first.
    """
    kept, _ = store.waiting()
    return "" if kept else refusal(*look_up(action, rules, store, now, means))


def means_of(settings: Settings, rules: Rulebook) -> Means:
    """What is known of agencies, and whether their heads can be asked, for a command that looks once."""
    engine = open_database(settings.database_url)
    try:
        return means_in(engine, rules.policy, is_signed=is_signed(settings))
    finally:
        engine.dispose()


def proposals(store: SqlStore, rules: Path | None = None) -> Iterator[Proposal]:
    """What staff corrected and disputed, case by case, without persons and places."""
    texts = read_texts(rules_folder(rules), ".yaml")
    vocabulary = vocabulary_of(text for name, text in texts.items() if name not in _FULL_OF_NAMES)
    for number in store.cases_in_which(KINDS):
        case = store.case(number)
        if case is not None:
            yield from proposals_of(case, store.record_of(number), vocabulary)


_FULL_OF_NAMES = frozenset({"words/agencies.yaml", "words/states.yaml", "words/domains.yaml", "hours.yaml"})


class TerminalReader:
    """Reads what `terminal_action` wrote."""

    def read(self, arrival: Arrival) -> StaffAction:
        try:
            return _ACTION.validate_json(arrival.raw)
        except ValidationError as error:
            raise Unreadable(f"The action cannot be read: {error.error_count()} faults") from error


def decline_in_words(policy: Policy, letters: Letters, case: Case) -> str:
    """The letter of decline that waits for its release, as it would go out."""
    if case.draft is None:
        return ""
    written = letters.render(letter_of(case, case.draft, policy), case.conversation.channel)
    if case.conversation.channel is Channel.SLACK:
        return decode(written.text)
    return f"Subject: {written.subject}\n\n{written.text}"
