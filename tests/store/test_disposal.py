"""What has been kept long enough goes by two persons' word, leaves no word of it behind, and a record that verifies."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from crbot import wiring
from crbot.cases.retention import Period, Retention
from crbot.cases.rulebook import Rulebook
from crbot.channels import dossier as written
from crbot.intake.ports import Verb
from crbot.store.checking import check
from crbot.store.disposal import Disposals, Refused
from crbot.store.dossier import dossier_of
from crbot.store.engine import open_for_reading
from crbot.triage.message import Person
from tests.fakes import Clock
from tests.intake.office import CHIEF, REQUEST, Office

YEARS = Retention(
    {
        what: Period("3 years", "a schedule")
        for what in ("closed", "declined", "withdrawn", "dormant", "enquiry")
    },
    frozenset({"pending_matters"}),
)
NUMBER = "CRI-2026-0001"
SECRET = "violet-harbour"  # a word of the agency that stands nowhere else
MANY_YEARS = timedelta(days=4 * 365)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def office(tmp_path: Path, rules: Rulebook) -> Iterator[Office]:
    office = Office(tmp_path, rules, Clock())
    yield office
    office.close()


def lived(office: Office, words: str = f"There is no investigation and no lawsuit. {SECRET}.") -> None:
    """A case from its request to its end."""
    office.hears(f"{words}\n\n{REQUEST}", Person("Tom Akers", f"takers@{SECRET}.example.gov"))
    office.tick()
    number = office.store.list_cases()[0].number
    office.acts(Verb.CLAIM, case=number)
    office.tick()
    office.acts(Verb.NOTE, case=number, text=f"They telephoned of {SECRET}.")
    office.tick()
    office.acts(Verb.ADVANCE, case=number, stage="withdrawn", reason=f"They say {SECRET} is settled.")
    office.tick()


def disposals(office: Office, retention: Retention = YEARS) -> Disposals:
    return Disposals(office._engine, retention)


def is_whole(office: Office) -> bool:
    engine = open_for_reading(office._url)
    found = check(engine)
    engine.dispose()
    assert found.breaks == []
    return True


def traces(folder: Path) -> list[str]:
    """The files in which the word stands."""
    return [path.name for path in folder.iterdir() if SECRET.encode() in path.read_bytes()]


def test_nothing_is_due_before_its_period_is_over(office: Office) -> None:
    lived(office)
    assert office.case().stage.is_ended

    assert disposals(office).due(office.clock()).cases == ()
    (case,) = disposals(office).due(office.clock() + MANY_YEARS).free
    assert case.number == NUMBER
    assert disposals(office, Retention({})).due(office.clock() + MANY_YEARS).cases == ()


def test_two_persons_dispose_of_a_case_without_a_trace_of_its_words(office: Office, tmp_path: Path) -> None:
    lived(office)
    assert traces(tmp_path)
    before = [(line["id"], line["what"], line["hash"]) for line in office.store.record_of(NUMBER)]
    office.clock.pass_(MANY_YEARS)

    proposal = disposals(office).propose("Jordan Lee", "Schedule, item 3", office.clock())
    done = disposals(office).confirm(proposal.id, "Alex Moore", office.clock())

    assert (done.cases, done.left) == ((NUMBER,), ())
    assert office.store.case(NUMBER) is None
    record = office.store.record_of(NUMBER)
    assert [(line["id"], line["what"], line["hash"]) for line in record[:-1]] == before
    assert {(line["by"], json.dumps(line["detail"])) for line in record[:-1]} == {("", "{}")}
    assert (record[-1]["what"], record[-1]["by"]) == ("disposed", "Alex Moore")
    assert record[-1]["detail"]["proposed_by"] == "Jordan Lee"
    assert is_whole(office)
    office.close()
    assert traces(tmp_path) == []


def test_who_proposes_does_not_confirm(office: Office) -> None:
    lived(office)
    office.clock.pass_(MANY_YEARS)
    proposal = disposals(office).propose("Jordan Lee", "Schedule", office.clock())

    with pytest.raises(Refused, match="another person"):
        disposals(office).confirm(proposal.id, " jordan lee", office.clock())
    with pytest.raises(Refused, match="no proposal 7"):
        disposals(office).confirm(7, "Alex Moore", office.clock())

    assert office.store.case(NUMBER) is not None


def test_what_is_held_stays_even_where_it_was_proposed_before(office: Office) -> None:
    lived(office)
    office.clock.pass_(MANY_YEARS)
    proposal = disposals(office).propose("Jordan Lee", "Schedule", office.clock())
    disposals(office).hold(NUMBER, "Counsel", "Subpoena of May 4", office.clock())

    done = disposals(office).confirm(proposal.id, "Alex Moore", office.clock())

    assert done.left == (f"{NUMBER}: held by Counsel: Subpoena of May 4",)
    assert office.store.case(NUMBER) is not None
    with pytest.raises(Refused, match="nothing is due"):
        disposals(office).propose("Jordan Lee", "Schedule", office.clock())
    disposals(office).let_go(NUMBER, "Counsel", "Answered", office.clock())
    assert [case.held for case in disposals(office).due(office.clock()).cases] == [""]
    assert is_whole(office)


def test_a_case_that_a_rule_flagged_stays_until_a_person_lets_it_go(office: Office) -> None:
    lived(office, "The family has sued us, and the suit is pending.")
    office.clock.pass_(MANY_YEARS)

    (case,) = disposals(office).due(office.clock()).cases
    assert case.held.startswith("flagged: ")

    disposals(office).let_go(NUMBER, "Counsel", "The suit is over", office.clock())
    assert disposals(office).due(office.clock()).free


def test_what_was_reopened_after_it_was_proposed_stays(office: Office) -> None:
    lived(office)
    office.clock.pass_(MANY_YEARS)
    proposal = disposals(office).propose("Jordan Lee", "Schedule", office.clock())
    office.acts(Verb.REOPEN, case=NUMBER, reason="They wrote again.")
    office.tick()

    done = disposals(office).confirm(proposal.id, "Alex Moore", office.clock())

    assert done.left == (f"{NUMBER}: its period is not over any more",)


def test_messages_of_no_case_go_by_their_kind(office: Office, tmp_path: Path) -> None:
    office.hears(f"What services does CRI-TAC offer? What is {SECRET}?", CHIEF)
    office.tick()
    assert office.store.list_cases() == ()
    office.clock.pass_(MANY_YEARS)
    proposal = disposals(office).propose("Jordan Lee", "Schedule", office.clock())

    done = disposals(office).confirm(proposal.id, "Alex Moore", office.clock())

    assert done.messages == 1
    assert is_whole(office)


def test_the_number_of_a_case_that_is_gone_is_never_given_again(office: Office) -> None:
    lived(office)
    day = timedelta(days=1)
    soon = replace(YEARS, periods={"withdrawn": Period("1 day", "a schedule")})
    office.clock.pass_(2 * day)
    proposal = disposals(office, soon).propose("Jordan Lee", "Schedule", office.clock())
    disposals(office, soon).confirm(proposal.id, "Alex Moore", office.clock())

    assert office.store.new_number(office.clock()) == "CRI-2026-0002"


def test_the_whole_record_of_a_case_is_written_with_its_hashes(office: Office) -> None:
    lived(office)
    whole = dossier_of(office._engine, NUMBER)
    assert whole is not None

    told = json.loads(written.as_json(whole, office.clock()))
    archive = zipfile.ZipFile(BytesIO(written.as_zip(whole, office.clock())))

    assert [line["what"] for line in told["record"]][:2] == ["opened", "claim"]
    assert (
        set(told["manifest"])
        == set(told["raw"])
        == {f"messages/{n:06d}.{e}" for n, e in ((1, "eml"), *((n, "json") for n in (2, 3, 4)))}
    )
    assert {each["key"].partition(":")[0] for each in told["sent"]} >= {"acknowledgement", "card"}
    sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())  # type: ignore[arg-type]
    assert set(sums) | {"SHA256SUMS"} == set(archive.namelist())
    assert archive.read("messages/000001.eml") == whole.arrived[0].raw
    assert SECRET in archive.read("dossier.html").decode()
    assert written.as_zip(whole, office.clock()) == written.as_zip(whole, office.clock())


def test_what_is_left_of_a_case_can_be_written_too(office: Office) -> None:
    lived(office)
    office.clock.pass_(MANY_YEARS)
    proposal = disposals(office).propose("Jordan Lee", "Schedule, item 3", office.clock())
    disposals(office).confirm(proposal.id, "Alex Moore", office.clock())
    whole = dossier_of(office._engine, NUMBER)
    assert whole is not None

    told = json.loads(written.as_json(whole, office.clock()))

    assert told["case"] is None
    assert told["stub"]["stage"] == "withdrawn"
    assert told["disposal"]["reason"] == "Schedule, item 3"
    assert "Alex Moore" in written.as_page(whole, office.clock())
    assert dossier_of(office._engine, "CRI-2026-0777") is None
