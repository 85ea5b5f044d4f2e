from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
import yaml

from crbot.cases.rulebook import parse_rules
from crbot.channels.schemas import OTHER, as_json, name_for, schemas
from crbot.config import read_texts, rules_folder
from crbot.triage.notation import PolicyError

FOLDER = rules_folder(None)
FILES = read_texts(FOLDER, ".yaml")
MADE = schemas(parse_rules(FILES))


def read(name: str) -> Any:
    """As an editor reads it: all is text."""
    return yaml.load(FILES[name], Loader=yaml.BaseLoader)


def validator(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(as_json(MADE[name_for(name, MADE)])))


@pytest.mark.parametrize("name", MADE)
def test_the_schemas_beside_the_rules_are_those_of_these_rules(name: str) -> None:
    assert (FOLDER / "schema" / f"{name}.json").read_text("utf-8") == as_json(MADE[name]), (
        "renew them: make policy"
    )


@pytest.mark.parametrize("name", MADE)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(as_json(MADE[name])))


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_rules_fits_its_schema_and_names_it_for_the_editor(file: str) -> None:
    schema = "../" * file.count("/") + f"schema/{name_for(file, MADE)}.json"

    assert FILES[file].startswith(f"# yaml-language-server: $schema={schema}\n")
    assert [error.message for error in validator(file).iter_errors(read(file))] == []


@pytest.mark.parametrize("file", [file for file in FILES if name_for(file, MADE) != OTHER])
def test_a_misspelt_key_is_marked_and_a_missing_one_too(file: str) -> None:
    marks = validator(file)
    for key in read(file):
        misspelt = copy.deepcopy(read(file))
        misspelt[f"{key}x"] = misspelt.pop(key)

        assert not marks.is_valid(misspelt), key


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("eligibility.yaml", ("final",), "inelegible"),
        ("eligibility.yaml", ("rules", "agency_type", "table"), "no table"),
        ("facts.yaml", ("facts", "incident", "several"), "maybe"),
        ("cues/litigation.yaml", ("cues", "possible"), {"phrases": "maybe a suit"}),
        ("cues/litigation.yaml", ("fact",), "lawsuits"),
        ("cues/services.yaml", ("cues", "training", "phrase"), "training"),
        ("kinds.yaml", ("signs", "press", "in"), "headline"),
        ("context.yaml", ("kinds", "denyed"), {"title": "x", "reach": "3"}),
        ("followups.yaml", ("ladders", "silense"), {"title": "x", "steps": "| after |"}),
    ],
)
def test_what_the_check_would_refuse_is_marked_while_it_is_typed(
    file: str, path: tuple[str, ...], value: object
) -> None:
    tree = read(file)
    below = tree
    for key in path[:-1]:
        below = below[key]
    below[path[-1]] = value

    assert not validator(file).is_valid(tree)


@pytest.mark.parametrize(
    "file", [file for file in FILES if "/" not in file and name_for(file, MADE) != OTHER]
)
def test_the_keys_that_a_schema_wants_are_those_that_the_check_wants(file: str) -> None:
    with pytest.raises(PolicyError) as raised:
        parse_rules({**FILES, file: "colour: red\n"})

    told = "\n".join(fault for fault in raised.value.faults if fault.startswith(f"{file}:"))
    assert all(f"`{key}:` is missing" in told for key in MADE[name_for(file, MADE)]["required"])
    assert "'colour' is no key here" in told
