"""Investigations and lawsuits: what the sender's words tell of them, by the rules that come with crbot."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.config import read_texts, rules_folder
from crbot.triage.facts import NEW, NOTHING, Facts
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.policy import MATTERS, parse
from crbot.triage.reading import read

POLICY = parse(read_texts(rules_folder(None), ".yaml"))


def told(body: str) -> Facts:
    message = Message(Channel.SLACK, Person("Chief Dana Ruiz", "U1"), body)
    scan = POLICY.words.phrases.scan(message, cut(message, POLICY.words))
    return NOTHING.with_statements(read(scan, NEW, POLICY))


def matters(body: str) -> tuple[str, ...]:
    facts = told(body)
    return tuple(facts.value(fact) for fact in MATTERS)


DENIED = """
none    none     Neither lawsuits nor inquiries to report.
none    none     We're clean on that front.
none    none     We are not in court and we're not under anybody's microscope.
none    none     You asked about lawsuits and investigations. Not that I'm aware of.
none    none     Pending matters? None.
none    none     Lawsuits: none. Investigations: none.
none    none     Happily, no court cases and no probes are hanging over this request.
none    none     Neither the county nor my office has been sued or investigated over this.
none    none     Nobody is investigating us and nobody has sued.
none    none     If you wonder about lawsuits or investigations, don't. There aren't any.
none    none     investigation no. lawsuit no.
none    unknown  Nobody from the AG, the DA or the feds has opened a file on this.
none    unknown  The state bureau isn't looking at us.
none    unknown  State police declined to open an investigation.
unknown none     Our risk manager says there's no claim on file.
unknown none     The family has said publicly that it will not sue.
unknown none     I've heard nothing from any attorney.
"""

ENDED = """
none    unknown  The criminal inquiry wrapped up in the spring and no charges came of it.
none    unknown  The prosecutor reviewed it and called it justified.
none    unknown  The FBI looked at it and passed.
none    unknown  There was an investigation. It ended in May.
none    unknown  An inquiry? Closed in March.
none    unknown  The grand jury returned no bill.
unknown none     There was a suit. It was dismissed.
unknown none     The plaintiffs dropped their suit.
unknown none     The court released us from federal oversight last fall.
unknown none     The judge threw the case out in April.
unknown none     The appeal was decided in our favor last month, and that ended it.
none    none     Investigation closed without charges; lawsuit dismissed.
"""

TURNED = """
unknown potential  No suit has been filed. I expect one.
unknown potential  I have heard nothing from lawyers yet. I'm not a child, I expect I will.
none    none       We've no lawsuits to report. The same is true of investigations.
active  active     The lawsuit is pending. The same is true of the investigation.
unknown none       As for suits, there's one, the Lindner family against the highway department. We're not in it.
none    unknown    It is the fire crew whom the Labor Department is looking at. Us, nobody.
unknown none       I've read that we're being sued. We aren't; the reporter mixed us up with another city.
unknown active     The EEOC has two charges. I would not say they have nothing to do with it.
unknown none       Apart from that there's no case in any court.
unknown none       The jail's food vendor was sued. We were not named.
unknown none       The hospital is in court over the same death. Nobody has brought us into it.
unknown active     They sued the hospital and us both.
unknown active     One suit settled. The other hasn't.
none    active     The review by the state is over; the suit by the passenger is not.
unknown potential  Lawsuit: possibly.
unknown active     Some say that the suit is over. It has not been decided.
active  unknown    I told you in my first letter that nobody was investigating us. On Friday the FBI came for our server.
unknown active     My captain told you we had no lawsuits. A deputy has sued us.
"""

STORIES = """
unknown none       The family sued in 2021. A jury found for the deputy, and they didn't appeal.
unknown none       A lawyer called once, in the spring. Nothing since.
unknown none       The union filed a grievance. We met, we fixed the schedule, they tore it up.
none    unknown    The grand jury looked at the shooting for a month. It handed up nothing.
none    unknown    There was a probe of the evidence room. Two people were let go and the file is closed.
unknown active     The suit was dismissed and they've appealed.
unknown active     One suit settled. The second, by the passenger, is set for trial.
unknown active     The judge threw out half of it, and the rest goes on.
active  unknown    The county attorney declined it and the feds have since picked it up.
active  unknown    The FBI has the case. The prosecutor declined to charge.
active  unknown    Three investigations came out of it. Two are closed, and the one by the auditor is not.
"""

WHOSE = """
unknown none       There's a suit against the hospital.
unknown active     The suit names the school district and us.
unknown active     We have a lawsuit over the shooting.
none    unknown    The feds are looking at the county commissioners over a landfill.
active  unknown    The NTSB's inquiry into the crash is theirs and goes on without us.
unknown active     We're sued over the stop, and the stop has nothing to do with race whatever they say.
unknown active     There's a suit over the jail death. Age has nothing to do with why he was held.
unknown none       There's a suit over the ballpark. Our request has nothing to do with it.
unknown none       There is a suit, it's over a fence and has nothing to do with us.
unknown unknown    A man ambushed two of my deputies. One died. He goes to trial in November.
unknown unknown    The driver was arrested at the scene. His case is set for trial in the spring.
unknown active     He sued us over the arrest. His trial is set for January.
unknown active     A dispatcher has filed an EEO charge.
unknown unknown    I'd like a statement that isn't written by a law firm.
unknown potential  The town is content, the widow isn't, and has seen a lawyer.
"""

TOPICS = """
none    none       Investigations: the state looked at it and closed it. Lawsuits: we had one and it was dismissed.
unknown none       - Lawsuit: there was one from a driver we stopped, and it was dismissed in May.
unknown active     Lawsuits: we were sued twice; one was dismissed and one is in discovery.
none    unknown    As for investigations, the only one that I know of was in 2021, and it's long since been closed.
unknown active     As for lawsuits, there was one over a dog bite that was settled, and another is in discovery.
unknown unknown    As for lawsuits, our counsel will write to you.
none    unknown    Investigations - the state came and went.
active  potential  Is anyone investigating: the state bureau is. Is anyone suing: not yet, but a lawyer has called twice.
"""

OPEN = """
active  unknown  The state bureau has the case.
active  unknown  Prosecutors are weighing charges against two deputies.
active  unknown  The file was forwarded to the district attorney for a charging decision.
active  unknown  We are waiting for the attorney general to decide.
active  unknown  The DA hasn't decided.
active  unknown  The inquiry should wrap up this summer.
active  unknown  The investigation is nearly complete.
active  unknown  Federal agents searched our evidence room.
active  unknown  In May the Civil Rights Division told the mayor that it was opening an inquiry.
active  unknown  Three officers are on administrative leave while the state looks at what happened.
active  unknown  They have not closed the file.
active  unknown  It isn't true that the inquiry is over; they extended it to December.
unknown active   The suit has not been dismissed.
unknown active   The county's motion to dismiss was denied.
unknown active   We think the suit will settle by spring.
unknown active   We are still under the 2014 settlement, and the court has not let us out of it.
unknown active   The union has taken the discipline to arbitration.
active  active   We're being sued and we're being investigated.
active  none     Lawsuits no, investigations yes.
active  none     No suit, but the state police are investigating.
none    active   Nobody's investigating us but we are being sued.
none    active   The state cleared us. The family's lawsuit is still in federal court.
active  unknown  The first inquiry, by the county, is closed. A second one, by the Attorney General, was opened in June.
active  none     Other than the inspector general's audit we've nothing open, and nobody's sued us.
unknown active   Discovery is open and a hearing is expected in the fall.
unknown active   The suit is over the shooting.
unknown active   The judge tossed two of the five counts.
unknown active   She was not promoted and she has filed suit.
active  unknown  The inspector general is over our evidence room.
active  unknown  The state boys are still going over what happened in the cell block.
active  unknown  We are waiting to hear whether the DA will charge my deputy.
active  unknown  The Special Litigation Section told us by letter that it had opened a review of our jail.
active  unknown  I was served at my desk by two people from the attorney general with an inquiry notice.
active  unknown  We turned the video over to the troopers and they've gone quiet.
"""

EXPECTED = """
unknown potential  The family has an attorney.
unknown potential  None yet, but the family has counsel.
unknown potential  No suit has been filed, though one is likely.
unknown potential  I'd be surprised if we weren't sued.
unknown potential  The union tells me that if I change the schedule they will file a grievance.
unknown potential  A well-known trial lawyer is speaking for the family.
unknown potential  We signed a tolling agreement with the widow.
none    potential  Nobody is investigating. The guild says it'll file for arbitration.
unknown potential  Their lawyer says he is not going to let this go.
unknown potential  The boy's uncle says they will not rest until somebody pays.
unknown potential  Both letters end in "or else".
none    potential  No inquiry, but I'd be a fool to think we won't be sued.
"""

NOT_TOLD = """
unknown unknown  If a suit is filed later, what happens?
unknown unknown  Would an open investigation disqualify us?
unknown unknown  I'll ask the city attorney about pending claims and let you know.
unknown unknown  Pending litigation: ________
unknown unknown  Investigations / litigation: see the county attorney
unknown unknown  Other agencies have been sued over these policies.
unknown unknown  Our detectives are investigating a string of forty burglaries.
unknown unknown  We are writing a policy on internal affairs investigations.
unknown unknown  The shoplifting cases are pending with the municipal prosecutor.
unknown unknown  The man who killed our officer has been charged and is awaiting trial.
unknown unknown  State law has the attorney general review every police shooting.
unknown unknown  We want to fix this before somebody sues.
unknown unknown  The state police train our recruits.
unknown unknown  I don't know about lawsuits.
unknown unknown  The crime plan says we won't give up until the last corner is clear.
unknown unknown  The county has agreed to let us look at their dispatch center.
unknown unknown  The state lab has our backlog of rape kits.
"""


HINTED = """
none    unknown  There isn't any investigation. The state inspector is here each spring to count the cells.
none    unknown  Nobody is investigating my outfit. A grand jury meets in our building on Tuesdays.
none    unknown  We're under no inquiry. Investigations of bicycle theft are what we would like to learn.
unknown none     No lawsuits. Any afternoon suits.
active  unknown  Nobody is looking at us, but the attorney general has the file.
active  unknown  No agency from outside is looking at us. Internal Affairs has opened a case on the sergeant.
active  none     We have no lawsuits. The highway patrol has the case.
"""

FORMS = """
none    none       [ ] Investigation pending  [ ] Litigation pending  [X] Neither
unknown unknown    [ ] Investigation [ ] Litigation [ ] None
unknown potential  Litigation [ ] pending [x] threatened [ ] none
none    none       [x] No pending litigation  [x] No pending investigations
none    none       Pending inquiry [none]; pending suit [none]
unknown none       Civil case ........ resolved
none    none     Investigations [ ] Yes [x] No; litigation [ ] Yes [x] No
none    active   Investigation: yes ☐ no ☑; lawsuit: yes ☑ no ☐
none    unknown  State inquiry: ☑ concluded ☐ ongoing
none    unknown  7. Open investigations ......... No
unknown unknown  Investigations ...........
none    active   Investigation: N / Litigation: Y
none    none     Q4 (investigation): N   Q5 (litigation): N
active  none     Suits: none. Investigations: one, by the state.
none    none     Pending matters: none in court, none under inquiry
"""

UNTOUCHED = """
active  unknown  I don't want to hide that we are under investigation.
active  unknown  We do not mind the investigation, it keeps us honest.
active  unknown  Nobody here is proud that the state is investigating us.
active  unknown  The attorney general asked us to hang on to all dash video.
active  unknown  The prosecutor's office directed us not to erase any recordings.
unknown unknown  We are asking the Department of Justice to review our training records.
unknown unknown  We send our felony cases to the district attorney for review.
unknown unknown  We have thirty-one open investigations and one detective.
unknown unknown  I'd like an outside review of my department by your team.
none    unknown  The county prosecutor had one complaint, looked it over and walked away.
none    unknown  The state police looked into the crash. They closed it in two weeks.
active  unknown  The DA reviewed the shooting in March. He has not decided.
none    unknown  State police did not open nothing.
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(line.split(maxsplit=2)) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(DENIED))
def test_a_denial_tells_that_there_is_none(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(ENDED))
def test_what_has_ended_is_none(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(TURNED))
def test_the_next_sentence_turns_the_one_before(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(STORIES))
def test_what_is_told_later_ends_a_matter_and_no_other(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(WHOSE))
def test_a_matter_of_somebody_else_is_none_of_ours(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(TOPICS))
def test_what_is_told_behind_a_topic_is_read_to_its_end(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(OPEN))
def test_an_open_matter_outweighs_one_that_ended(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(EXPECTED))
def test_a_suit_that_is_threatened_or_prepared_is_potential(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(NOT_TOLD))
def test_words_about_other_things_tell_nothing(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(HINTED))
def test_a_plain_denial_outweighs_what_only_hints_at_a_matter(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(FORMS))
def test_a_form_is_answered_by_its_boxes_dots_and_letters(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


def test_a_table_is_answered_along_its_row_or_below_its_heading():
    assert matters("| Investigation | no |\n| Lawsuit | yes |") == ("none", "active")
    assert matters("| Lawsuit | Investigation |\n|---|---|\n| no | yes |") == ("active", "none")


@pytest.mark.parametrize(("investigation", "litigation", "body"), rows(UNTOUCHED))
def test_a_negation_reaches_only_what_it_denies(investigation, litigation, body):
    assert matters(body) == (investigation, litigation)


def test_a_denial_ends_where_a_new_sentence_begins_without_a_capital():
    assert matters("investigation no. suit, well, we were served on monday") == ("none", "active")


def test_the_next_item_of_a_list_is_no_answer_to_the_one_before():
    assert matters("(1) The county prosecutor is still deciding.\n(2) Not so far.")[0] == "active"


def test_the_evidence_names_the_words_that_decided():
    evidence = told("The suit over the crash was settled in May.").evidence("litigation")

    assert {each.text for each in evidence} == {"The suit over the crash was settled in May."}
    assert any("over by" in each.context for each in evidence)


WORDS = [
    "suit",
    "no",
    "not",
    "the DA",
    "closed",
    "is",
    "until",
    "but",
    ";",
    ",",
    ".",
    "?",
    "(1)",
    ":",
    "settled",
]


@given(st.lists(st.sampled_from(WORDS), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_order_of_words_can_be_read(words):
    assert set(matters(" ".join(words))) <= {"active", "potential", "none", "unknown"}


@pytest.mark.parametrize(
    "phrase",
    [
        "no suit not closed until ",
        "the DA has not decided, ",
        "investigation: no 1) ",
        "They sued. We settled. Nothing since. ",
    ],
)
def test_a_hostile_message_is_read_in_linear_time(phrase):
    def seconds(body: str) -> float:
        began = process_time()
        told(body)
        return process_time() - began

    short, long = seconds(phrase * 150), seconds(phrase * 1500)

    assert long < max(30 * short, 1.0)
