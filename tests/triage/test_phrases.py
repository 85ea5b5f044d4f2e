from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.phrases import Scan, Words, fold
from crbot.triage.policy import load_words

FILES = {
    "words/things.yaml": """
title: Things
source: invented
lists:
  thing: |
    policy
    use of force
    don't
  verb: |
    review
    go over
""",
    "cues/wish.yaml": """
fact: wish
title: Wishes
source: invented
cues:
  review:
    phrases: |
      {verb} ... {thing}
      {verb} our ...2 (manual | handbook)
      litigat*
      ; that
      {thing}'s edge
      of ... {verb}
    not: |
      peer review
examples: |
  review | Review our policy.
""",
}


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words(FILES)


def scanned(words: Words, body: str) -> Scan:
    message = Message(Channel.EMAIL, Person("A. Writer"), body)
    return words.phrases.scan(message, cut(message, words))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Our POLICY is old.", ["POLICY"]),
        ("The (use-of-force) rules.", ["use-of-force"]),
        ("The use of\nforce rules.", ["use of\nforce"]),
        ("The use  of \r\n force rules.", ["use  of \r\n force"]),
        ("Don’t you dare.", ["Don’t"]),
        ("policymaker, policy_2, policy@mail.example", []),
        ("Is it the policy's fault?", ["policy"]),
        ("Hidden pol\u200bicy.", ["pol\u200bicy"]),
    ],
)
def test_a_phrase_is_found_in_whole_words_whatever_its_dress(
    words: Words, body: str, found: list[str]
) -> None:
    scan = scanned(words, body)

    assert [scan.text_of(hit) for hit in scan.of("thing")] == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Please review the pursuit policy.", ["review the pursuit policy"]),
        ("Please review one two three four five six policy.", ["review one two three four five six policy"]),
        ("Please review one two three four five six seven policy.", []),
        ("Please review. The policy is old.", []),
        ("The policy needs a review.", []),
        ("Go over our old handbook.", ["Go over our old handbook"]),
        ("Go over our big old red handbook.", []),
        ("They litigated it.", ["litigated"]),
        ("It was signed; that is all.", ["; that"]),
        ("At the policy's edge.", ["policy's edge"]),
    ],
)
def test_a_line_is_found_in_order_within_its_gaps_and_one_sentence(
    words: Words, body: str, found: list[str]
) -> None:
    scan = scanned(words, body)

    assert [scan.text_of(hit) for hit in scan.of("wish:review")] == found


def test_a_hit_tells_where_in_the_rules_it_stands(words: Words) -> None:
    (hit,) = scanned(words, "A policy.").of("thing")

    assert (hit.phrase, hit.where) == ("policy", "words/things.yaml:6")


@pytest.mark.parametrize(
    "body", ["So.\n\n-Policy", "So.\n\n(policy)", "So.\n\n\u201cpolicy\u201d", "So.\n\n*policy*"]
)
def test_the_first_word_after_a_blank_line_is_found_behind_a_mark(words: Words, body: str) -> None:
    (hit,) = scanned(words, body).of("thing")

    assert hit.phrase == "policy"


@given(st.text())
def test_folding_never_moves_a_character(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(
    st.lists(
        st.sampled_from(["policy", "use of force", "İ", "\n> ", " ", ".", "review", "ß", "\u200b", "’", "-"])
    )
)
def test_what_is_found_stands_in_the_text(words: Words, pieces: list[str]) -> None:
    scan = scanned(words, "".join(pieces))

    for name in ("thing", "verb", "wish:review"):
        for hit in scan.of(name):
            sentence = scan.sentence_of(hit)
            assert sentence.start <= hit.start < hit.end <= sentence.end
            if name == "thing":
                squeezed = (
                    fold(scan.text_of(hit)).replace("\u200b", "").replace(">", " ").replace("-", " ").split()
                )
                assert " ".join(squeezed) == hit.phrase


def test_what_reaches_over_the_end_of_a_sentence_hides_no_line_around_it(words: Words) -> None:
    scan = scanned(words, "What we use\n\nof force and review it")

    assert scan.of("thing") == ()
    assert [scan.text_of(hit) for hit in scan.of("wish:review")] == ["of force and review"]


def test_a_list_that_is_asked_for_late_is_found_like_any_other(words: Words) -> None:
    scan = scanned(load_words(FILES), "A policy, and a review of the policy.")

    assert [scan.text_of(hit) for hit in scan.of("thing")] == ["policy", "policy"]
    assert scan.held(["verb", "thing", "nothing"]) == [
        "verb",
        "thing",
        "nothing",
    ]  # not asked for yet, or found
    assert (scan.of("verb"), scan.of("nothing")) == (scan.in_sentence(0, "verb"), ())


def test_a_sentence_that_repeats_one_word_is_read_to_its_end(words: Words) -> None:
    scan = scanned(words, "review " * 5_000 + "the policy")

    assert len(scan.of("verb")) == 100
    assert [scan.text_of(hit) for hit in scan.of("thing")] == ["policy"]


def test_a_reader_s_work_on_a_scan_is_done_once(words: Words) -> None:
    scan = scanned(words, "A policy.")

    assert scan.once(list_of_things) is scan.once(list_of_things)


def list_of_things(scan: Scan) -> list[str]:
    return [hit.phrase for hit in scan.of("thing")]
