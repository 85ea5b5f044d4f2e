from __future__ import annotations

import pytest

from crbot.triage.examples import run_examples, untried
from crbot.triage.policy import Policy, parse


def test_no_rule_row_cue_list_or_kind_is_without_an_example(policy: Policy) -> None:
    assert untried(policy) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "lacking"),
    [
        ("eligibility.yaml", "      | federal             | fail    |\n      | not_law_enforcement | fail    |\n", "",
         "no example of agency_type comes to this row"),
        ("routing.yaml", "  | unknown                                        | yes      | critical_response         |\n",
         "", ""),
        ("routing.yaml", "  | resource_referral                              | no       | cri_tac                   |\n",
         "", "no example of routing comes to this row"),
        ("cues/incident.yaml", "  yes:\n", "  no:\n    phrases: |\n      all is well\n  yes:\n",
         "no example of incident shows 'no'"),
    ],
)  # fmt: skip
def test_what_no_example_tries_is_told_with_its_place(
    rule_files: dict[str, str], file: str, old: str, new: str, lacking: str
) -> None:
    assert old in rule_files[file]

    found = untried(parse({**rule_files, file: rule_files[file].replace(old, new, 1)}))

    assert [each for each in found if each.startswith(f"{file}:") and lacking in each] == found
    assert len(found) == bool(lacking)


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("eligibility.yaml", "| federal             | fail    |", "| federal             | pass    |",
         "Agencies of this kind can't request assistance. (eligibility.yaml:"),
        ("routing.yaml", "| training, data_analysis                        | no       | critical_response",
         "| training, data_analysis                        | no       | cri_tac          ",
         "This help belongs to Critical Response. (routing.yaml:"),
        ("cues/withdrawn.yaml", "examples: |\n", "examples: |\n  - | We hereby withdraw our request.\n",
         "by the cue “"),
        ("kinds.yaml", "examples: |\n", "examples: |\n  junk | I am the chief of police. We request training.\n",
         "(kinds.yaml:"),
    ],
)  # fmt: skip
def test_an_example_that_fails_tells_what_decided(
    rule_files: dict[str, str], file: str, old: str, new: str, why: str
) -> None:
    assert old in rule_files[file]

    (failure,) = run_examples(parse({**rule_files, file: rule_files[file].replace(old, new, 1)}))

    assert failure.where.startswith(f"{file}:")
    assert why in failure.why[0]
