from __future__ import annotations

import itertools

import pytest

from crbot.triage.decision import Disposition, Outcome, Queue
from crbot.triage.eligibility import dispose, judge, open_questions
from crbot.triage.facts import NOTHING, UNKNOWN, Facts, Statement
from crbot.triage.policy import Policy
from crbot.triage.routing import route

KNOWN = {
    "requester_authority": ("chief_executive",),
    "agency_type": ("local",),
    "investigation": ("none",),
    "litigation": ("none",),
    "services": ("training",),
}


def facts(**values: tuple[str, ...]) -> Facts:
    """A request about which all is known and well, but for these."""
    told = {fact: each for fact, each in {**KNOWN, **values}.items() if each}
    return NOTHING.with_statements(Statement(fact, each) for fact, each in told.items())


def disposition(case: Facts, policy: Policy) -> Disposition:
    return dispose((judge(rule, case, policy) for rule in policy.rules), policy)


def asked(case: Facts, policy: Policy, unanswerable: frozenset[str] = frozenset()) -> list[str]:
    return [question.fact for question in open_questions(case, unanswerable, policy)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Disposition.ELIGIBLE),
        ({"requester_authority": ("authorized",)}, Disposition.ELIGIBLE),
        ({"requester_authority": ()}, Disposition.NEEDS_INFORMATION),
        ({"requester_authority": ("not_authorized",)}, Disposition.INELIGIBLE),
        ({"agency_type": ("federal",)}, Disposition.INELIGIBLE),
        ({"agency_type": ("territorial",)}, Disposition.ELIGIBLE),
        ({"litigation": ("potential",)}, Disposition.REVIEW),
        ({"investigation": ("active",), "litigation": ()}, Disposition.REVIEW),
        ({"investigation": (), "litigation": ()}, Disposition.NEEDS_INFORMATION),
        ({"unsupported_costs": ("equipment",)}, Disposition.REVIEW),
        ({"unsupported_costs": ("equipment",), "costs_only": ("yes",)}, Disposition.INELIGIBLE),
        ({"services": ()}, Disposition.ELIGIBLE),
    ],
)
def test_the_gravest_finding_decides(
    values: dict[str, tuple[str, ...]], expected: Disposition, policy: Policy
) -> None:
    assert disposition(facts(**values), policy) is expected


def test_a_threatened_suit_needs_a_person_like_a_pending_one(policy: Policy) -> None:
    rule = next(rule for rule in policy.rules if rule.name == "pending_matters")

    outcomes = [judge(rule, facts(litigation=(value,)), policy).outcome for value in ("active", "potential")]

    assert outcomes == [Outcome.FLAG, Outcome.FLAG]


def test_a_finding_says_why_and_by_which_rule(policy: Policy) -> None:
    rule = next(rule for rule in policy.rules if rule.name == "pending_matters")
    finding = judge(rule, facts(investigation=("active",)), policy)

    assert "under investigation" in finding.because.text
    assert finding.because.rule.startswith("eligibility.yaml:")
    assert "Critical Response page" in finding.because.source


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"requester_authority": ()}, ["requester_authority"]),
        ({"investigation": (), "litigation": ()}, ["investigation", "litigation"]),
        ({"investigation": ("active",), "litigation": ()}, []),
        ({"investigation": ("active",), "agency_type": ()}, ["agency_type"]),
        ({"agency_type": ("private",), "litigation": (), "services": ()}, []),
        ({"services": ()}, ["services"]),
        ({"services": (), "incident": ("yes",)}, ["services"]),
        ({}, []),
    ],
)
def test_only_what_can_still_change_the_end_is_asked(
    values: dict[str, tuple[str, ...]], expected: list[str], policy: Policy
) -> None:
    assert asked(facts(**values), policy) == expected


def test_what_nobody_knew_is_not_asked_again(policy: Policy) -> None:
    case = facts(investigation=(), litigation=())

    assert asked(case, policy, frozenset({"litigation"})) == ["investigation"]


def test_the_most_decisive_question_comes_first(policy: Policy) -> None:
    order = asked(facts(**dict.fromkeys(KNOWN, ())), policy)

    assert order[0] == "services"
    assert order.index("requester_authority") < order.index("litigation")


def test_decisive_questions_are_those_of_brute_force(policy: Policy) -> None:
    """Over all raw values, for every set of open facts."""

    def end(case: Facts) -> tuple[Disposition, Queue]:
        return disposition(case, policy), route(case, policy).queue

    for count in (1, 2):
        for open_facts in itertools.combinations(KNOWN, count):
            labels = [[v for v in policy.facts[fact].labels if v != UNKNOWN] for fact in open_facts]
            ends = {
                values: end(facts(**{f: (v,) for f, v in zip(open_facts, values, strict=True)}))
                for values in itertools.product(*labels)
            }
            matter = {
                fact
                for place, fact in enumerate(open_facts)
                for values, ending in ends.items()
                if any(ends[(*values[:place], v, *values[place + 1 :])] != ending for v in labels[place])
            }
            assert set(asked(facts(**dict.fromkeys(open_facts, ())), policy)) == matter, open_facts


@pytest.mark.parametrize(
    ("services", "incident", "queue"),
    [
        (("organizational_assessment", "training"), False, Queue.ORGANIZATIONAL_ASSESSMENT),
        (("training", "bias_audit"), False, Queue.CRITICAL_RESPONSE),
        (("policy_review",), True, Queue.CRITICAL_RESPONSE),
        (("policy_review",), False, Queue.CRI_TAC),
        ((), True, Queue.CRITICAL_RESPONSE),
        ((), False, Queue.UNROUTED),
    ],
)
def test_each_request_gets_a_queue(
    services: tuple[str, ...], incident: bool, queue: Queue, policy: Policy
) -> None:
    case = facts(services=services, incident=("yes",) if incident else ())

    assert route(case, policy).queue is queue
