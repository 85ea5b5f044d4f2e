from __future__ import annotations

import pytest

from crbot.triage.examples import run_examples
from crbot.triage.notation import PolicyError
from crbot.triage.policy import Policy, parse


def test_the_examples_in_the_rules_hold(policy: Policy) -> None:
    assert run_examples(policy) == []


def test_every_cue_has_examples_that_betray_it_and_some_that_betray_nothing(policy: Policy) -> None:
    for fact, file in policy.cues.items():
        told = {value for example in file.examples for value in example.values}
        assert set(file.values) <= told | {"none", "mention"}, fact  # a mention tells nothing by itself
        assert any(not example.values for example in file.examples) or len(file.values) > 1, fact


def test_no_is_a_word_and_no_truth_value(policy: Policy) -> None:
    assert policy.facts["costs_only"].otherwise == "no"


def test_the_same_rules_have_the_same_fingerprint(rule_files: dict[str, str], policy: Policy) -> None:
    changed = {**rule_files, "routing.yaml": rule_files["routing.yaml"] + "\n# a remark\n"}

    assert parse(rule_files).version == policy.version
    assert parse(changed).version.sha256 != policy.version.sha256


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("facts.yaml", "    several: yes", "    sevral: yes", "'sevral' is no key here; did you mean 'several'?"),
        ("eligibility.yaml", "| flag    | Requests on matters under", "| flga    | Requests on matters under",
         "'flga' is no outcome; did you mean 'flag'?"),
        ("eligibility.yaml", "| unknown                     | ask     |", "| authorized                  | ask     |",
         "requester_authority: 'unknown' has no outcome; add a row for it"),
        ("eligibility.yaml", "| federal, foreign,", "| federal, foreing,", "'foreing' is no value of agency_type"),
        ("routing.yaml", "| resource_referral, strategic_planning, training", "| strategic_planning, training",
         "no row names the service 'resource_referral'"),
        ("routing.yaml", "| critical_response         | A critical", "| critcal_response          | A critical",
         "'critcal_response' is no queue; did you mean 'critical_response'?"),
        ("kinds.yaml", "| press     ", "| presss    ", "'presss' is no sign; did you mean 'press'?"),
        ("context.yaml", 'reach: "10"', 'reach: "far"', "`reach:` must be a number of words"),
        ("cues/litigation.yaml", "fact: litigation", "fact: litigation\nfact: litigation", "stands here already"),
        ("cues/litigation.yaml", "  potential:\n", "  possible:\n", "'possible' is no value of litigation"),
        ("cues/litigation.yaml", "{matter_nobody} so much", "{matter_nobdy} so much",
         "{matter_nobdy} is no list of words; did you mean 'matter_nobody'?"),
        ("about.yaml", "title:", "title: [", "is no YAML"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_its_mend(
    rule_files: dict[str, str], file: str, old: str, new: str, fault: str
) -> None:
    assert old in rule_files[file]
    broken = {**rule_files, file: rule_files[file].replace(old, new, 1)}

    with pytest.raises(PolicyError) as raised:
        parse(broken)

    assert any(each.startswith(f"{file}:") and fault in each for each in raised.value.faults), (
        raised.value.faults
    )


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(PolicyError) as raised:
        parse({"about.yaml": "title: x", "facts.yaml": "facts: {}"})

    assert len(raised.value.faults) > 3
