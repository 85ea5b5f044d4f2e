"""Lists of agencies: the public ones and one's own are read, and whatever is wrong is told with line and column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.channels.agencies import LARGEST_BYTES, RegisterError, difference, read_agencies
from crbot.triage.register import Agency

OWN = """name,state,type,domain,county,ori,head,address
Elm Ridge Police Department,OH,local,elm-ridge.example.gov,Harmon,OH0010100,Chief Ada Bell,abell@elm-ridge.example.gov
Harmon County Sheriff's Office,OH,county,harmonso.example.gov,Harmon,OH0010000,,
"""
GOV = """Domain name,Domain type,Organization name,Suborganization name,City,State,Security contact email
ELM-RIDGE.EXAMPLE.GOV,City,City of Elm Ridge,,Elm Ridge,OH,(blank)
HARMONCOUNTY.EXAMPLE.GOV,County,Harmon County,,Harmon,OH,
GSA.EXAMPLE.GOV,Federal - Executive,General Office,,Washington,DC,
RIVERNATION.EXAMPLE.GOV,Tribal,River Nation,,Riverton,OK,
"""
FBI = """ORI,AGENCY_NAME,AGENCY_TYPE_NAME,STATE_ABBR,COUNTY_NAME,LATITUDE
OH0010100,Elm Ridge Police Department,City,OH,HARMON,40.1
OH0010000,Harmon,County,OH,HARMON,40.2
DCFBI0000,Federal Bureau,Federal,DC,,38.9
IA0990100,Elm University,University or College,IA,ELM,41.0
"""
ELM_RIDGE = Agency(
    "Elm Ridge Police Department",
    "OH",
    "local",
    "elm-ridge.example.gov",
    "Harmon",
    "OH0010100",
    "Chief Ada Bell",
    "abell@elm-ridge.example.gov",
)


@pytest.mark.parametrize(
    ("text", "names", "types"),
    [
        (OWN, ["Elm Ridge Police Department", "Harmon County Sheriff's Office"], ["local", "county"]),
        (GOV, ["City of Elm Ridge", "Harmon County", "River Nation"], ["local", "county", "tribal"]),
        (FBI, ["Elm Ridge Police Department", "Harmon", "Elm University"], ["local", "county", "campus"]),
    ],
    ids=["one's own", "the .gov domains", "the FBI's agencies"],
)
def test_each_of_the_lists_is_known_by_its_columns(text: str, names: list[str], types: list[str]) -> None:
    agencies = read_agencies(text.encode("utf-8-sig"), "list.csv").agencies

    assert [agency.name for agency in agencies] == names
    assert [agency.type for agency in agencies] == types


def test_all_that_a_list_tells_is_kept() -> None:
    assert read_agencies(OWN.encode(), "list.csv").agencies[0] == ELM_RIDGE
    assert read_agencies(GOV.encode(), "list.csv").agencies[0].domain == "elm-ridge.example.gov"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"", "list.csv, line 1: no list that is known begins so"),
        (b"agency;state\nElm Ridge;OH\n", "list.csv, line 1: no list that is known begins so"),
        (
            b"name,state,tipe\nElm Ridge,OH,local\n",
            "'tipe' is no column of a list of agencies; did you mean 'type'?",
        ),
        (b"name,state\n", "list.csv: holds no agency"),
        (b"name,state\nElm Ridge,Ohio\n", "line 2, column state: 'Ohio' is no postal code"),
        (b"name,state\n,OH\n", "line 2, column name: is empty"),
        (
            b"name,state,type\nElm Ridge,OH,locale\n",
            "line 2, column type: 'locale' is no type; did you mean 'local'?",
        ),
        (b"name,state,type\nElm Ridge,OH\n", "line 2: has 2 columns"),
        (b"name,state\nElm Ridge,OH\nWalnut \xff Bend,IA\n", "line 3: is not UTF-8"),
        (b'name,state\n"Elm Ridge,OH\n', "is no CSV"),
        (b"name,state\n" + b"x" * 600 + b",OH\n", "line 2, column name: is longer than 500 characters"),
        (b"name,state\n" + b"x" * 200_000 + b",OH\n", "is no CSV: field larger than field limit"),
    ],
)
def test_a_list_that_cannot_be_used_tells_line_column_and_mend(raw: bytes, wanted: str) -> None:
    with pytest.raises(RegisterError) as refused:
        read_agencies(raw, "list.csv")

    assert wanted in str(refused.value)


def test_every_fault_is_told_at_once_and_many_are_counted() -> None:
    rows = "\n".join(f"Agency {index},Ohio" for index in range(25))

    with pytest.raises(RegisterError) as refused:
        read_agencies(f"name,state\n{rows}\n".encode(), "list.csv")

    assert str(refused.value).count("column state") == 20
    assert str(refused.value).endswith("… and 5 more")


def test_a_list_of_a_gigabyte_is_refused_before_it_is_read() -> None:
    with pytest.raises(RegisterError, match="a list of agencies has less than 100"):
        read_agencies(bytes(LARGEST_BYTES + 1), "list.csv")


@given(raw=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: b"name,state\n" + text.encode()))
def test_whatever_is_in_a_file_it_is_read_or_refused(raw: bytes) -> None:
    try:
        agencies = read_agencies(raw, "list.csv").agencies
    except RegisterError:
        return
    assert agencies


def test_the_difference_to_the_register_that_is_there_can_be_looked_at_before() -> None:
    before = read_agencies(OWN.encode(), "old.csv").agencies
    text = OWN.replace("Chief Ada Bell", "Chief Lou Pike").replace(
        "Harmon County Sheriff's Office", "Harmon Sheriff"
    )

    told = difference(before, read_agencies(text.encode(), "new.csv").agencies)

    assert [(old.head, new.head) for old, new in told.changed] == [("Chief Ada Bell", "Chief Lou Pike")]
    assert [agency.name for agency in told.added] == ["Harmon Sheriff"]
    assert [agency.name for agency in told.removed] == ["Harmon County Sheriff's Office"]
