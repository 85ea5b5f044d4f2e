"""Made-up messages in any number, no two alike, the same ones in every run.

They are the desk's everyday mail in size and words: 200 words on average, a third with a quoted message below, a half
with an HTML twin. What is decided about them is of no interest here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import islice
from random import Random

DESK = "response.center@desk.example"

_SYLLABLES = "ar ben cor dal el fen gar hol is jun kel lor mar nor os pel quin rud sol tam ul ver wes yar zel"
_KINDS = (
    "Police Department",
    "County Sheriff's Office",
    "Transit Police",
    "College Department of Public Safety",
)
_ROLES = ("Chief of Police", "Sheriff", "Captain", "Lieutenant", "Director of Public Safety", "Deputy Chief")
_STATES = ("Ohio", "Vermont", "Nevada", "Oregon", "Georgia", "Iowa", "Montana", "Maine", "Guam", "Texas")
_WANTS = (
    "We would like training for our officers on de-escalation and crisis intervention.",
    "I am requesting an after-action review of our response to the protests in May.",
    "Could your experts review our draft policy on vehicle pursuits?",
    "We ask for an organizational assessment of the whole department.",
    "We need an analysis of three years of traffic stop data.",
    "A peer exchange with an agency of our size would help us a great deal.",
    "Please advise our executive staff on recruitment and retention.",
)
_MATTERS = (
    "There is no investigation and no lawsuit that we know of.",
    "The family of the man who died has retained an attorney.",
    "The state attorney general opened an investigation last month.",
    "A suit over this was settled in 2019.",
    "We have received a notice of claim, and nothing has been filed.",
    "",
)
_COSTS = ("We would also need overtime paid for two clerks.", "We do not ask for any money.", "", "", "")
_WORDS = (
    "about after again all also always among and any are area as asked at back because been before began between both "
    "by call came change city community council could council's days department did during each early evening every "
    "few first for from good had has have help her here his how in into is it its last late leaders learn long made "
    "many meeting members more morning most need never new night no not now of officers often on one open other our "
    "over own part patrol people plan public question ready record residents said same school see several shift since "
    "so some spring staff still street such summer supervisors support than that the their them then there these they "
    "this those time to trust two under until up us very was we week well were what when where which while who will "
    "with work would year years yet you young"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One made-up message."""

    number: int
    name: str
    address: str
    subject: str
    body: str
    has_html: bool


def samples(count: int, seed: int = 1) -> tuple[Sample, ...]:
    return tuple(islice(_endless(Random(seed)), count))


def body_of(size: int, seed: int = 1) -> str:
    """Text of the same make, of about `size` characters."""
    parts: list[str] = []
    length = 0
    for sample in _endless(Random(seed)):
        parts.append(sample.body)
        length += len(sample.body) + 2
        if length >= size:
            break
    return "\n\n".join(parts)[:size]


def as_mail(sample: Sample) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"{sample.name} <{sample.address}>"
    mail["To"] = DESK
    mail["Subject"] = sample.subject
    mail["Date"] = f"Mon, 2 Mar 2026 {sample.number % 24:02}:{sample.number % 60:02}:00 -0500"
    mail["Message-ID"] = f"<{sample.number}.{len(sample.body)}@bench.example>"
    mail.set_content(sample.body, cte="quoted-printable")
    if sample.has_html:
        paragraphs = "".join(f"<p>{each}</p>" for each in sample.body.split("\n\n"))
        mail.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def _endless(random: Random) -> Iterator[Sample]:
    number = 0
    while True:
        number += 1
        person, town = _name(random), _name(random)
        agency = f"{town} {random.choice(_KINDS)}"
        yield Sample(
            number,
            name=f"{_name(random)} {person}",
            address=f"{person}@{town}.example".lower(),
            subject=f"{random.choice(('Request', 'Question', 'Assistance', 'Training'))}, {agency}",
            body=_body(random, person, agency),
            has_html=random.random() < 0.5,
        )


def _body(random: Random, person: str, agency: str) -> str:
    role, state = random.choice(_ROLES), random.choice(_STATES)
    paragraphs = [
        "Good morning,",
        f"I am the {role} of the {agency} in {state}. {_filler(random)}",
        f"{random.choice(_WANTS)} {_filler(random)} {random.choice(_COSTS)}",
        f"{_filler(random)} {random.choice(_MATTERS)} {_filler(random)}",
        f"{person}\n{role}, {agency}\n({random.randint(200, 999)}) 555-01{random.randint(0, 99):02}",
    ]
    if random.random() < 0.33:
        quoted = "\n".join(f"> {_filler(random)}" for _ in range(4))
        paragraphs.append(f"On Mon, 2 Mar 2026 the Response Center wrote:\n{quoted}")
    return "\n\n".join(paragraphs)


def _filler(random: Random) -> str:
    sentences = [
        " ".join(random.choices(_WORDS.split(), k=random.randint(6, 18))) for _ in range(random.randint(1, 3))
    ]
    return " ".join(f"{each.capitalize()}." for each in sentences)


def _name(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES.split(), k=random.randint(2, 3))).capitalize()
