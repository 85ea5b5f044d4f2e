from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.channels.signing import as_csv, read_csv
from crbot.config import read_texts, rules_folder
from crbot.triage.eligibility import dispose, judge, open_questions
from crbot.triage.facts import NOTHING, UNKNOWN, Statement
from crbot.triage.policy import FactRule, parse
from crbot.triage.routing import route
from crbot.triage.table import Change, changes, combinations, fits, headings, whole_table

FILES = read_texts(rules_folder(None), ".yaml")
POLICY = parse(FILES)
TABLE = whole_table(POLICY)
SEVERAL = [fact.name for fact in POLICY.facts.values() if fact.is_several]


def told_of(fact: FactRule) -> st.SearchStrategy[tuple[str, ...]]:
    """Whatever can be known of a fact."""
    values = list(fact.labels)
    if not fact.is_several:
        return st.sampled_from(values).map(lambda value: (value,))
    speaking = [value for value in values if value not in (UNKNOWN, fact.otherwise)]
    return st.sets(st.sampled_from(speaking)).map(lambda told: tuple(sorted(told)) or (fact.otherwise,))


@settings(deadline=None, max_examples=300)
@given(st.fixed_dictionaries({fact.name: told_of(fact) for fact in POLICY.facts.values() if fact.labels}))
def test_whatever_is_known_stands_in_one_line_of_each_heading_and_is_decided_so(
    known: dict[str, tuple[str, ...]],
) -> None:
    facts = NOTHING.with_statements(Statement(fact, values) for fact, values in known.items())
    findings = [judge(rule, facts, POLICY) for rule in POLICY.rules]
    asked = {question.fact for question in open_questions(facts, (), POLICY)}
    decided = {
        **{finding.rule: finding.outcome.value for finding in findings},
        "disposition": dispose(findings, POLICY).value,
        "queue": route(facts, POLICY).queue.value,
        **{f"asks {fact.name}": "yes" if fact.name in asked else "no" for fact in POLICY.facts.values()},
    }
    for heading, lines in headings(TABLE).items():
        assert [line.result for line in lines if fits(line, known, SEVERAL)] == [decided[heading]], heading


def test_no_combination_is_left_out() -> None:
    single = 1
    for fact in POLICY.facts.values():
        if fact.name in {name for line in TABLE for name in line.cells}:
            silent = {UNKNOWN, fact.otherwise}
            single *= 2 ** len(fact.labels.keys() - silent) if fact.is_several else len(fact.labels)

    assert combinations(TABLE) == single


def test_the_table_is_short_enough_to_be_signed() -> None:
    assert len(TABLE) < 100


def test_the_table_is_read_as_it_was_written() -> None:
    assert read_csv(as_csv(TABLE)) == TABLE


@pytest.mark.parametrize("text", ["", "a,b\n", "decides,incident,comes to,combinations\nqueue,yes,cri_tac\n"])
def test_what_is_no_table_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"line"):
        read_csv(text)


def table_with(file: str, old: str, new: str) -> list[Change]:
    """What a change of the rules alters."""
    assert old in FILES[file]
    changed = parse({**FILES, file: FILES[file].replace(old, new)})
    return changes(TABLE, whole_table(changed), SEVERAL)


def test_rules_that_stay_alter_nothing() -> None:
    assert changes(TABLE, whole_table(POLICY), SEVERAL) == []


def test_a_change_is_told_with_all_that_follows_from_it() -> None:
    found = table_with(
        "eligibility.yaml",
        "| investigation | active            | flag",
        "| investigation | active            | fail",
    )

    assert found[0] == Change("pending_matters", {"investigation": "active"}, "flag", "fail")
    assert {(each.before, each.after) for each in found if each.decides == "disposition"} == {
        ("review", "ineligible")
    }
    assert {each.decides for each in found if each.after == "no"} >= {"asks services", "asks agency_type"}


def test_a_service_that_moves_to_another_program_alters_its_queue_alone() -> None:
    found = table_with(
        "routing.yaml",
        "| bias_audit, after_action_review, issue_specific_review, data_analysis, immediate_assistance | -",
        "| bias_audit, after_action_review, issue_specific_review, data_analysis, immediate_assistance, training | -",
    )

    assert {(each.decides, each.before, each.after) for each in found} == {
        ("queue", "cri_tac", "critical_response")
    }
    assert all("training" in each.cells["services"] for each in found)


def test_a_reason_in_other_words_alters_nothing() -> None:
    assert table_with("eligibility.yaml", "There is no lawsuit.", "No suit is pending.") == []


def test_a_rule_that_is_taken_out_is_told_line_by_line() -> None:
    without = [line for line in TABLE if line.decides != "agency_type"]

    gone = changes(TABLE, without, SEVERAL)

    assert [each.before for each in gone] == ["pass", "fail", "ask"]
    assert {each.after for each in gone} == {""}


def test_what_a_new_value_comes_to_is_told() -> None:
    files = {
        **FILES,
        "facts.yaml": FILES["facts.yaml"].replace(
            "      private             |", "      port | Port police\n      private             |"
        ),
        "eligibility.yaml": FILES["eligibility.yaml"].replace(
            "campus, territorial  |", "campus, territorial, port |"
        ),
    }

    new = changes(TABLE, whole_table(parse(files)), SEVERAL)

    assert new[0] == Change("agency_type", {"agency_type": "port"}, "", "pass")
    assert {each.cells["agency_type"] for each in new} == {"port"}
    assert {each.before for each in new} == {""}
    back = changes(whole_table(parse(files)), TABLE, SEVERAL)
    assert Change("agency_type", {"agency_type": "port"}, "pass", "") in back


def test_where_a_new_kind_of_help_leads_is_told() -> None:
    files = {
        **FILES,
        "facts.yaml": FILES["facts.yaml"].replace(
            "      bias_audit  ", "      mediation | Mediation\n      bias_audit  "
        ),
        "routing.yaml": FILES["routing.yaml"].replace(
            "| resource_referral, strategic", "| mediation, resource_referral, strategic"
        ),
    }

    new = [each for each in changes(TABLE, whole_table(parse(files)), SEVERAL) if each.decides == "queue"]

    assert [(each.before, each.after) for each in new] == [("", "cri_tac")]
    assert new[0].cells["services"].startswith("mediation and not ")
