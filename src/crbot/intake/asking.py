"""Staff write to the agency: questions, and letters in their own words."""

from __future__ import annotations

from crbot.cases.case import Case
from crbot.cases.letters import LetterName, paragraphs, to_agency
from crbot.cases.respond import Change
from crbot.intake.acting import Deed, Refused, done
from crbot.triage.notation import meant

_AUTHORITY = "requester_authority"


def ask(case: Case, deed: Deed) -> Change:
    """The questions that a person chose, else all that are open; whether the head agrees has a letter of its own."""
    check_address(case)
    if case.stage.is_ended:
        raise Refused(f"{case.number} is {case.stage}; reopen it first.")
    facts = deed.values("facts") or tuple(question.fact for question in case.decision.questions)
    askable = [name for name, rule in deed.policy.facts.items() if rule.question]
    for fact in facts:
        if fact not in askable:
            raise Refused(f"{fact!r} can't be asked; {meant(fact, askable)}")
    words = paragraphs(deed.value("text"))
    if not facts and not words:
        raise Refused(f"Nothing is open in {case.number}; write what you would like to know.")
    fields: dict[str, object] = {"words": words, "by": deed.signature}
    if facts == (_AUTHORITY,):
        letter = to_agency(case, LetterName.AUTHORISATION_REQUEST, fields)
    else:
        fields["questions"] = [deed.policy.question(fact) for fact in facts]
        letter = to_agency(case, LetterName.QUESTIONS, fields)
    titles = ", ".join(deed.policy.label("fact", fact) for fact in facts) or "in own words"
    return done(case.changed(asked=facts or case.asked), deed, f"Asked by {deed.by}: {titles}", (letter,))


def write(case: Case, deed: Deed) -> Change:
    """A letter in a person's own words, with the person's name under it."""
    check_address(case)
    words = paragraphs(deed.needed("text", "A letter needs words."))
    letter = to_agency(case, LetterName.MESSAGE, {"words": words, "by": deed.signature})
    return done(case.changed(), deed, f"Written to the agency by {deed.by}", (letter,))


def check_address(case: Case) -> None:
    """Raises `Refused` where nobody knows where to write to."""
    if not case.conversation.address:
        raise Refused(f"There is no address to write to in {case.number}; call the agency, and write a note.")
