"""Every kind of broken folder has its own clear word; nothing of it is ever in force."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot import wiring
from crbot.cases.rulebook import parse_rules
from crbot.config import MOST_BYTES, SettingsError, read_texts, rules_folder, templates_folder
from crbot.triage.notation import MOST_TOLD, PolicyError

Spoil = Callable[[Path], object]
FILES = read_texts(rules_folder(None), ".yaml")


def changed(name: str, old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def written(name: str, raw: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(raw)


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def huge(folder: Path) -> None:
    with (folder / "words" / "huge.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)


def many(folder: Path) -> None:
    for number in range(1_001):
        (folder / f"{number}.yaml").touch()


def word_lists(*lines: str) -> Spoil:
    text = "title: x\nsource: y\nlists:\n" + "".join(f"  {line}\n" for line in lines)
    return written("words/own.yaml", text.encode())


BROKEN: dict[str, tuple[Spoil, str]] = {
    "missing": (shutil.rmtree, "is no folder; name the right one, or make one with: crbot init DIR"),
    "empty": (emptied, "holds no .yaml file; name the right folder"),
    "a thousand files": (many, "holds more than 1,000 .yaml files"),
    "100 MB": (huge, "words/huge.yaml has 100 MB, and no file here has more than 4"),
    "UTF-16": (written("facts.yaml", "title: x".encode("utf-16")), "facts.yaml is not UTF-8, line 1; save it"),
    "Latin-1": (written("about.yaml", b"title: x\nsource: caf\xe9\n"), "about.yaml is not UTF-8, line 2; save it"),
    "a file without text": (written("about.yaml", b""), "about.yaml:1:1: `version:` is missing"),
    "a file is missing": (lambda folder: (folder / "routing.yaml").unlink(),
        "routing.yaml: is missing; take it from the rules that came with crbot"),
    "a file is misspelt": (lambda folder: (folder / "routing.yaml").rename(folder / "rooting.yaml"),
        "routing.yaml: is missing; did you mean rooting.yaml by it?"),
    "a list of cues is missing": (lambda folder: (folder / "cues" / "services.yaml").unlink(),
        "cues/services.yaml: is missing"),
    "words are missing": (lambda folder: (folder / "words" / "states.yaml").unlink(),
        "words/states.yaml: is missing"),
    "a tab": (changed("facts.yaml", "  requester_authority:", "\trequester_authority:"),
        "facts.yaml:10:1: is no YAML: found character that cannot start any token; a key ends with"),
    "a bracket": (changed("about.yaml", "title:", "title: ["), "about.yaml:3:8: is no YAML"),
    "a control character": (changed("facts.yaml", "Who asks", "Who \0asks"), "facts.yaml:11:16: is no YAML"),
    "a list with dashes": (written("about.yaml", b"- title\n- source\n"), "lists with “-” are not used here"),
    "aliases without end": (written("about.yaml", b"title: &a {b: *a}\n"), "aliases (“*name”) are not used here"),
    "brackets without end": (written("about.yaml", b"title: " + b"[" * 100_000), "exceeded maximum nesting depth"),
    "a word list in itself": (word_lists("own_a: |", "  {own_a}"),
        "words/own.yaml:5:6: {own_a} includes itself: own_a → own_a; take one of these lines out"),
    "word lists in a ring": (word_lists("own_a: |", "  {own_b}", "own_b: |", "  {own_c}", "own_c: |", "  {own_a}"),
        "words/own.yaml:9:6: {own_a} includes itself: own_a → own_b → own_c → own_a"),
    "a list that is not there": (word_lists("own_a: |", "  {head_titel}"),
        "words/own.yaml:5:6: {head_titel} is no list of words; did you mean 'head_title'?"),
    "an outcome for an unknown value": (changed("eligibility.yaml", "| federal, foreign,", "| federal, foreing,"),
        "'foreing' is no value of agency_type; did you mean 'foreign'?"),
    "a value without outcome": (changed("eligibility.yaml", "| federal, foreign,", "| federal,"),
        "agency_type: 'foreign' has no outcome; add a row for it"),
    "a value with two outcomes": (changed("eligibility.yaml", "| federal, foreign,", "| tribal, foreign, federal,"),
        "'tribal' has an outcome already; give it one"),
    "an outcome that is none": (changed("eligibility.yaml", "| flag    | Requests", "| flga    | Requests"),
        "eligibility.yaml:57:45: 'flga' is no outcome; did you mean 'flag'?"),
    "a column that is none": (changed("routing.yaml", "| queue  ", "| queeu  "),
        "routing.yaml:14:98: 'queeu' is no column here; did you mean 'queue'?"),
    "a fact that is text": (changed("facts.yaml", "facts:\n", "facts:\n  colour: red\n"),
        "facts.yaml:10:3: 'colour' must have keys below it"),
    "facts that are text": (written("facts.yaml", b"title: x\nsource: y\nfacts: none\n"),
        "facts.yaml:3:1: `facts:` must have names below it"),
    "a stage that is none": (changed("stages.yaml", "| received   ", "| recieved   "),
        "'recieved' is no stage; did you mean 'received'?"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_folder_of_rules_is_told_with_its_mend(kind: str, tmp_path: Path) -> None:
    spoil, told = BROKEN[kind]
    folder = tmp_path / "rules"
    shutil.copytree(rules_folder(None), folder)
    spoil(folder)

    with pytest.raises(SettingsError) as raised:
        wiring.load_rules(folder)

    assert told in str(raised.value)


LETTERS: dict[str, tuple[Spoil, str]] = {
    "missing": (shutil.rmtree, "is no folder"),
    "empty": (emptied, "file; name the right folder"),
    "a letter is missing": (lambda folder: (folder / "decline.txt").unlink(), "decline.txt is missing among"),
    "does not compile": (changed("decline.txt", "{%", "{% oops %}{%"), "decline.txt, line"),
    "an unknown name": (
        changed("decline.txt", "{%", "{{ nmae }}{%"),
        "'nmae' is undefined; this letter has:",
    ),
    "wrong encoding": (written("decline.txt", b"caf\xe9"), "decline.txt is not UTF-8, line 1"),
    "without words": (written("decline.txt", b"\n"), "decline.txt gives an empty letter"),
}


@pytest.mark.parametrize("kind", LETTERS)
def test_a_broken_folder_of_templates_is_told_with_its_mend(kind: str, tmp_path: Path) -> None:
    spoil, told = LETTERS[kind]
    folder = tmp_path / "templates"
    shutil.copytree(templates_folder(None), folder)
    spoil(folder)

    with pytest.raises(SettingsError) as raised:
        wiring.load_letters(folder)

    assert told in str(raised.value)


def test_all_faults_of_a_folder_are_told_at_once() -> None:
    broken = {**FILES, "about.yaml": "title: x", "stages.yaml": "title: y", "hours.yaml": "- no"}
    broken["words/own.yaml"] = "title: x\nsource: y\nlists:\n  own: |\n    {nowhere}\n"

    with pytest.raises(PolicyError) as raised:
        parse_rules(broken)

    assert {each.partition(":")[0] for each in raised.value.faults} >= {
        "about.yaml", "stages.yaml", "hours.yaml", "words/own.yaml",
    }  # fmt: skip


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    (tmp_path / "b.yaml").write_bytes(b"x" * (MOST_BYTES + 1))

    with pytest.raises(SettingsError, match=r"a\.yaml is not UTF-8.*\n.*b\.yaml has 4 MB"):
        read_texts(tmp_path, ".yaml")


def test_of_thousands_of_faults_the_first_are_told() -> None:
    error = PolicyError(f"x.yaml:{number}: wrong" for number in range(5_000))

    assert len(error.faults) == 5_000
    assert str(error).splitlines()[-1] == f"… and {5_000 - MOST_TOLD:,} more"


def test_word_lists_that_double_from_step_to_step_grow_no_larger_than_their_words() -> None:
    steps = "".join(f"  own_{n}: |\n    {{own_{n - 1}}}\n    {{own_{n - 1}}}\n" for n in range(1, 60))
    doubled = f"title: x\nsource: y\nlists:\n  own_0: |\n    word\n{steps}"

    words = parse_rules({**FILES, "words/own.yaml": doubled}).policy.words

    assert [line.text for line in words.lists["own_59"]] == ["word"]


def test_what_a_windows_editor_writes_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "about.yaml").write_bytes(
        b"\xef\xbb\xbf" + FILES["about.yaml"].replace("\n", "\r\n").encode()
    )

    assert read_texts(tmp_path, ".yaml") == {"about.yaml": FILES["about.yaml"]}


def test_a_folder_named_like_a_file_and_a_pipe_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    os.mkfifo(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").write_text("title: x", "utf-8")

    assert read_texts(tmp_path, ".yaml") == {"c.yaml": "title: x"}


SMALL = [name for name, text in FILES.items() if len(text) < 12_000 and "words/" not in name]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_whatever_is_typed_into_a_file_ends_in_faults_or_in_rules(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SMALL))
    lines = FILES[name].split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[at])))
    typed = data.draw(st.text("abc|:-{}()#&*\"'\t\n .,é\0", max_size=8))
    kept = data.draw(st.booleans())
    lines[at] = lines[at][:start] + typed + (lines[at][start:] if kept else "")

    with pytest.raises(PolicyError):
        parse_rules({each: FILES[each] for each in SMALL} | {name: "\n".join(lines)})
