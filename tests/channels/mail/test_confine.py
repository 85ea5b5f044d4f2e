"""What a mail does to the program that reads it, it does to a child that nobody misses."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crbot.channels.mail.confine import Confined, Limits
from crbot.channels.mail.mime import OurSide, parse_mail
from crbot.channels.mail.reader import MailReader
from crbot.intake.ports import Arrival, Ignored, Received, Unreadable
from crbot.triage.message import Channel, Mark
from tests.channels.mail.costs import cost_of
from tests.channels.mail.hostile import HOSTILE

QUICK = Limits(seconds=0.5, memory_bytes=256 * 1024 * 1024, readings=500)
PLAIN = b"From: chief@townpd.example.gov\nMessage-ID: <a@x.example>\nSubject: Help\n\nPlease help us.\n"


def misbehave(raw: bytes) -> str:
    """Do what the bytes say."""
    match raw.partition(b" ")[0]:
        case b"hang":
            time.sleep(60)
        case b"spin":
            while True:
                pass
        case b"eat":
            return str(len(bytearray(10**10)))
        case b"die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"exit":
            os._exit(3)
        case b"raise":
            raise RecursionError("with somebody's words")
        case b"refuse":
            raise Unreadable("The mail is empty")
        case b"env":
            return repr(sorted(os.environ))
        case b"pid":
            return str(os.getpid())
        case b"flood":
            return "x" * 20_000_000
        case b"print":
            print("something on the way")
    return raw.decode()


@pytest.fixture(scope="module")
def confined():
    with Confined(misbehave, QUICK) as child:
        yield child


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"hang", "took more than 0.5 seconds"),
        (b"spin", "took more than 0.5 seconds"),
        (b"eat", "more memory than is allowed"),
        (b"die", r"crashed the program that reads it \(SIGSEGV\)"),
        (b"exit", "ended the program that reads it"),
        (b"raise", "failed: RecursionError$"),
        (b"refuse", "^The mail is empty$"),
        (b"flood", "is too long"),
    ],
)
def test_a_mail_that_breaks_its_reading_is_unreadable_and_the_next_one_is_read(confined, raw, reason):
    with pytest.raises(Unreadable, match=reason):
        confined(raw)

    assert confined(b"next") == "next"


def test_what_is_printed_on_the_way_does_not_spoil_the_answer(confined):
    assert confined(b"print") == "print"


def test_no_secret_of_ours_goes_along(monkeypatch):
    monkeypatch.setenv("CRBOT_IMAP__PASSWORD", "secret")

    with Confined(misbehave, QUICK) as child:
        assert "CRBOT" not in child(b"env")


def test_one_child_serves_many_mails_and_is_replaced_in_time():
    with Confined(misbehave, Limits(readings=3)) as child:
        pids = [child(b"pid") for _ in range(6)]

    assert len(set(pids[:3])) == len(set(pids[3:])) == 1
    assert pids[0] != pids[3]


def test_a_child_that_is_closed_is_gone_and_leaves_no_zombie():
    child = Confined(misbehave, QUICK)
    pid = int(child(b"pid"))
    child.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_does_not_outlive_its_parent():
    program = (
        "import os; from crbot.channels.mail.confine import Confined; from tests.channels.mail.test_confine import"
        " misbehave; child = Confined(misbehave); print(child(b'pid'), flush=True); os.kill(os.getpid(), 9)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, check=False
    )
    pid = int(told.stdout)

    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """A process is there, and not merely waiting for somebody to note that it has ended."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False, text=True)
    return told.stdout.strip()[:1] not in ("", "Z")


def test_a_mail_reads_the_same_inside_as_outside():
    with Confined(parse_mail) as child:
        for file in sorted((Path(__file__).parents[2] / "mail").glob("*.eml")):
            assert child(file.read_bytes()) == parse_mail(file.read_bytes())


def test_a_reading_inside_costs_less_than_a_millisecond_more():
    with Confined(parse_mail) as child:
        child(PLAIN)
        inside, outside = best_of(lambda: child(PLAIN)), best_of(lambda: parse_mail(PLAIN))

    assert inside - outside < 0.001


def best_of(call, times=50):
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return min(taken)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="how much memory it took is told by Linux alone"
)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_the_child_little_time_and_memory(name):
    with Confined(cost_of, Limits(readings=1)) as child:
        cost = child(HOSTILE[name])

    assert cost.seconds < 2
    assert cost.memory_bytes < 200_000_000


def test_a_mail_of_a_hundred_megabytes_is_read_with_its_attachment():
    """It takes its own size and little more."""
    content = base64.encodebytes(b"0123456789abcdef" * 48) * 100_000
    head = b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nPlease help us.\n"
    part = b"--b\nContent-Type: video/mp4; name=a.mp4\nContent-Transfer-Encoding: base64\n\n"

    with Confined(parse_mail) as child:
        mail = child(head + part + content + b"\n--b--\n")

    (file,) = mail.files
    assert (mail.body, file.size_bytes) == ("Please help us.", 768 * 100_000)
    assert file.sha256 == hashlib.sha256(b"0123456789abcdef" * 48 * 100_000).hexdigest()


@pytest.fixture(scope="module")
def reader():
    reader = MailReader(OurSide(frozenset({"intake@cops.example.gov"})))
    yield reader
    reader.close()


def arrival(raw: bytes, *, excerpt: bool = False) -> Arrival:
    return Arrival(
        Channel.EMAIL, "imap:a@b/INBOX:1:1", raw, datetime(2026, 3, 2, tzinfo=UTC), excerpt=excerpt
    )


def test_a_kept_mail_is_read(reader):
    got = reader.read(arrival(PLAIN))

    assert isinstance(got, Received)
    assert (got.message.subject, got.identity) == ("Help", "<a@x.example>")


def test_of_a_mail_that_is_too_large_staff_are_told(reader):
    got = reader.read(arrival(PLAIN, excerpt=True))

    assert Mark.CUT in got.message.marks
    assert "only its beginning was read" in got.doubts[-1]


def test_our_own_letter_asks_nothing_of_us(reader):
    own = b"From: intake@cops.example.gov\nAuto-Submitted: auto-replied\n\nThank you.\n"

    assert isinstance(reader.read(arrival(own)), Ignored)


def test_a_mail_without_anything_is_unreadable(reader):
    with pytest.raises(Unreadable, match="The mail is empty"):
        reader.read(arrival(b""))
