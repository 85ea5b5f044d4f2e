"""The mailbox against a real server: nothing lost, nothing twice, nothing marked."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from imapclient import DELETED, SEEN

from crbot.channels.mail import mailbox as module
from crbot.channels.mail.mailbox import Mailbox, MailboxAway
from crbot.channels.mail.mime import identity_and_content_of
from crbot.channels.mail.security import Security
from crbot.intake.ports import Arrival
from tests.servers import HOST, Dovecot, free_port, running_dovecot

pytestmark = pytest.mark.live

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def mail(number: int, size: int = 0) -> bytes:
    lines = [
        "From: Chief <chief@townpd.example.gov>",
        "To: intake@cops.example.gov",
        f"Message-ID: <{number}@townpd.example.gov>",
        f"Subject: Request {number}",
        "",
        f"Please help us, {number}.",
        "x" * size,
    ]
    return "\r\n".join(lines).encode()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    return dovecot.new_user()


@pytest.fixture
def open_mailbox(dovecot: Dovecot, user: str) -> Iterator[Callable[..., Mailbox]]:
    with contextlib.ExitStack() as stack:

        def opened(**changes: object) -> Mailbox:
            mailbox = Mailbox(dovecot.settings(user, **changes))
            stack.callback(mailbox.close)
            return mailbox

        yield opened


class Inbox:
    """What is kept, and therefore known."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def unknown(self, keys: Collection[str]) -> set[str]:
        return set(keys) - self._keys

    def keep_new(self, mailbox: Mailbox) -> list[Arrival]:
        kept = [arrival for batch in mailbox.arrivals(NOW, self.unknown) for arrival in batch]
        self._keys.update(arrival.key for arrival in kept)
        return kept


def arrived(mailbox: Mailbox, inbox: Inbox | None = None) -> list[Arrival]:
    return (inbox or Inbox()).keep_new(mailbox)


def identities(arrivals: list[Arrival]) -> list[str]:
    return [arrival.identity for arrival in arrivals]


def test_new_mail_comes_once_and_in_order(dovecot, user, open_mailbox):
    mailbox, inbox = open_mailbox(), Inbox()
    assert arrived(mailbox, inbox) == []
    dovecot.deliver(user, mail(1), mail(2))

    first = arrived(mailbox, inbox)
    dovecot.deliver(user, mail(3))

    assert identities(first) == ["<1@townpd.example.gov>", "<2@townpd.example.gov>"]
    assert first[0].raw.endswith(b"Please help us, 1.\r\n")
    assert abs(first[0].received_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert identities(arrived(mailbox, inbox)) == ["<3@townpd.example.gov>"]
    assert arrived(mailbox, inbox) == []


def test_a_key_names_account_folder_count_and_number(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))

    (arrival,) = arrived(open_mailbox())

    account, uid_validity, uid = arrival.key.rsplit(":", 2)
    assert account == f"imap:{user}@127.0.0.1/INBOX"
    assert uid_validity.isdigit()
    assert uid == "1"


def test_reading_leaves_the_mail_unseen_and_a_mail_that_a_person_has_seen_is_read(
    dovecot, user, open_mailbox
):
    dovecot.deliver(user, mail(1), mail(2))
    with dovecot.person(user) as person:
        person.select_folder("INBOX")
        person.add_flags([1], [SEEN])

    assert len(arrived(open_mailbox())) == 2

    with dovecot.person(user) as person:
        person.select_folder("INBOX")
        assert SEEN not in person.get_flags([2])[2]


def test_a_batch_that_was_not_kept_comes_again(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))
    mailbox = open_mailbox()
    next(mailbox.arrivals(NOW, Inbox().unknown))  # and the program fails before it has kept it

    assert identities(arrived(mailbox)) == ["<1@townpd.example.gov>"]


def test_a_new_start_hands_out_again_what_was_never_moved(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))

    assert [a.key for a in arrived(open_mailbox())] == [a.key for a in arrived(open_mailbox())]


def test_a_new_start_fetches_nothing_that_is_kept(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1), mail(2))
    inbox = Inbox()
    arrived(open_mailbox(), inbox)
    dovecot.deliver(user, mail(3))

    assert identities(arrived(open_mailbox(), inbox)) == ["<3@townpd.example.gov>"]


def test_many_mails_come_in_batches(dovecot, user, open_mailbox):
    dovecot.deliver(user, *(mail(number) for number in range(60)))

    sizes = [len(batch) for batch in open_mailbox().arrivals(NOW, Inbox().unknown)]

    assert sizes == [50, 10]


def test_of_a_mail_that_is_too_large_only_the_beginning_comes(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1, size=2_000_000), mail(2))

    by_identity = {
        arrival.identity: arrival for arrival in arrived(open_mailbox(max_message_bytes=1_500_000))
    }

    large = by_identity["<1@townpd.example.gov>"]
    assert large.excerpt
    assert len(large.raw) == module.EXCERPT_BYTES
    assert b"Please help us, 1." in large.raw
    assert not by_identity["<2@townpd.example.gov>"].excerpt


def test_a_large_mail_is_fetched_in_pieces_and_kept_whole(dovecot, user, open_mailbox):
    large = mail(1, size=module.WHOLE_BYTES + module.PIECE_BYTES)
    dovecot.deliver(user, large, mail(2))
    mailbox, inbox = open_mailbox(), Inbox()

    small, whole = arrived(mailbox, inbox)

    assert small.identity == "<2@townpd.example.gov>", "a large one keeps no other back"
    assert whole.raw.rstrip().endswith(large)
    assert not whole.excerpt
    assert identity_and_content_of(whole.raw) == (whole.identity, whole.content)
    assert arrived(mailbox, inbox) == []


@pytest.mark.parametrize("odd", [-1, 0, 1])
def test_a_mail_as_long_as_its_pieces_is_kept_whole(odd, dovecot, user, open_mailbox):
    length = 3 * module.PIECE_BYTES + odd
    with dovecot.person(user) as person:
        person.append("INBOX", mail(1).ljust(length, b"x"))

    assert [len(each.raw) for each in arrived(open_mailbox())] == [length]


def test_kept_mail_is_moved_and_moving_it_again_does_no_harm(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1), mail(2))
    mailbox = open_mailbox()
    one, two = arrived(mailbox)

    mailbox.move_done([one.key])
    mailbox.move_done([one.key])
    mailbox.move_trouble([two.key])

    with dovecot.person(user) as person:
        assert [
            person.select_folder(name)[b"EXISTS"] for name in ("INBOX", "crbot/Done", "crbot/Trouble")
        ] == [
            0,
            1,
            1,
        ]
    assert arrived(mailbox) == []


def test_without_folders_everything_stays_where_it_is(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))
    mailbox, inbox = open_mailbox(done_folder="", trouble_folder=""), Inbox()
    mailbox.move_done(arrival.key for arrival in arrived(mailbox, inbox))

    assert arrived(mailbox, inbox) == []
    with dovecot.person(user) as person:
        assert person.select_folder("INBOX")[b"EXISTS"] == 1


def test_a_server_without_move_takes_nothing_else_away():
    with running_dovecot(capability="IMAP4rev1 UIDPLUS NAMESPACE") as plain:
        user = plain.new_user()
        plain.deliver(user, mail(1), mail(2))
        mailbox = Mailbox(plain.settings(user))
        one, _ = arrived(mailbox)
        with plain.person(user) as person:
            person.select_folder("INBOX")
            person.add_flags([2], [DELETED])  # somebody else's mark

        mailbox.move_done([one.key])
        mailbox.move_done([one.key])
        mailbox.close()

        with plain.person(user) as person:
            assert person.select_folder("crbot/Done")[b"EXISTS"] == 1
            assert person.select_folder("INBOX")[b"EXISTS"] == 1


def test_a_mail_that_somebody_took_away_meanwhile_is_passed_over(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1), mail(2))
    mailbox = open_mailbox()
    mailbox.connect()
    with dovecot.person(user) as person:
        person.select_folder("INBOX")
        person.add_flags([1], [DELETED])
        person.uid_expunge([1])

    assert identities(arrived(mailbox)) == ["<2@townpd.example.gov>"]


def test_a_folder_that_counts_anew_is_read_again_under_other_keys(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))
    mailbox = open_mailbox()
    (before,) = arrived(mailbox)
    mailbox.close()
    count_anew(dovecot, user)

    (after,) = arrived(mailbox)

    assert after.identity == before.identity
    assert after.key != before.key


def count_anew(dovecot: Dovecot, user: str) -> None:
    """Make the server forget its numbers, until it counts from another beginning."""
    before = uid_validity(dovecot, user)
    deadline = time.monotonic() + 20
    while uid_validity(dovecot, user) == before:
        assert time.monotonic() < deadline, "it goes on counting as before"
        for index in dovecot.folder_of(user).glob("dovecot*"):
            index.unlink(missing_ok=True)
        time.sleep(
            0.2
        )  # the new beginning is a time in seconds, and a session that ends may write its index once more


def uid_validity(dovecot: Dovecot, user: str) -> int:
    with dovecot.person(user) as person:
        return int(person.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"])


def test_waiting_ends_when_mail_comes(dovecot, user, open_mailbox):
    mailbox = open_mailbox()
    arrived(mailbox)
    postman = threading.Timer(0.3, dovecot.deliver, (user, mail(1)))
    postman.start()

    started = time.monotonic()
    was_called = mailbox.wait(20, threading.Event())

    postman.join()
    assert was_called
    assert time.monotonic() - started < 10
    assert identities(arrived(mailbox)) == ["<1@townpd.example.gov>"]


def test_mail_that_came_just_before_waiting_is_told_at_once(dovecot, user, open_mailbox):
    mailbox = open_mailbox()
    arrived(mailbox)
    dovecot.deliver(user, mail(1))

    assert mailbox.wait(20, threading.Event())


def test_waiting_ends_when_nothing_comes_and_the_line_is_still_good(dovecot, user, open_mailbox):
    mailbox = open_mailbox()

    assert not mailbox.wait(0.2, threading.Event())
    assert arrived(mailbox) == []


@pytest.mark.parametrize("capability", ["", "IMAP4rev1 UIDPLUS MOVE"], ids=["with IDLE", "without IDLE"])
def test_waiting_ends_when_it_is_to_stop(capability):
    with running_dovecot(capability) as server:
        mailbox = Mailbox(server.settings(server.new_user()))
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()

        started = time.monotonic()
        was_called = mailbox.wait(30, stop)

        assert not was_called
        assert time.monotonic() - started < 5
        mailbox.close()


def test_a_server_that_is_away_is_told_in_words(dovecot):
    port = free_port()

    with pytest.raises(MailboxAway, match=f"127.0.0.1:{port} can't be reached: .*refused"):
        Mailbox(dovecot.settings("anybody", port=port)).connect()


def test_a_wrong_password_is_told_in_words_without_it(dovecot, user):
    with pytest.raises(MailboxAway, match="refuses the login") as told:
        Mailbox(dovecot.settings(user, password="wrong-one")).connect()

    assert "wrong-one" not in str(told.value)


def test_a_server_that_does_not_answer_is_given_up_in_time(dovecot):
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        settings = dovecot.settings("anybody", port=silent.getsockname()[1], timeout=0.3)

        with pytest.raises(MailboxAway, match="does not answer in time"):
            Mailbox(settings).connect()


def test_after_the_server_went_away_moves_are_made_up_for(user):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running_dovecot())
        server.deliver(user, mail(1), mail(2))
        with _Proxy(server.imap_port) as proxy:
            mailbox = Mailbox(server.settings(user, port=proxy.port))
            one, two = arrived(mailbox)
            proxy.cut()

            with pytest.raises(MailboxAway):
                mailbox.move_done([one.key, two.key])

            assert arrived(mailbox) == []
            mailbox.close()
        with server.person(user) as person:
            assert person.select_folder("crbot/Done")[b"EXISTS"] == 2


def test_a_line_that_dies_while_waiting_is_noticed(dovecot, user):
    with _Proxy(dovecot.imap_port) as proxy:
        mailbox = Mailbox(dovecot.settings(user, port=proxy.port))
        mailbox.connect()
        threading.Timer(0.3, proxy.cut).start()

        with pytest.raises(MailboxAway, match="went away"):
            mailbox.wait(20, threading.Event())


class _Proxy:
    """Stands between us and the server, and can cut the line."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, 0))
        self._lines: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> _Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                theirs = socket.create_connection((HOST, self._target))
                self._lines += [ours, theirs]
                for source, target in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def secure(dovecot, certificate) -> Iterator[Dovecot]:
    with running_dovecot(certificate=certificate) as server:
        yield server


def secured(server: Dovecot, user: str, security: Security) -> Mailbox:
    port = server.imaps_port if security is Security.SSL else server.imap_port
    return Mailbox(server.settings(user, port=port, security=security))


@pytest.mark.parametrize("security", [Security.SSL, Security.STARTTLS])
def test_mail_comes_over_a_secure_line_too(secure, trusted, user, security):
    mailbox = secured(secure, user, security)
    assert arrived(mailbox) == []
    postman = threading.Timer(0.2, secure.deliver, (user, mail(1)))
    postman.start()

    assert mailbox.wait(20, threading.Event())

    postman.join()
    assert identities(arrived(mailbox)) == ["<1@townpd.example.gov>"]
    mailbox.close()


@pytest.mark.parametrize("security", [Security.SSL, Security.STARTTLS])
def test_a_server_that_cannot_prove_who_it_is_gets_no_password(secure, user, security):
    with pytest.raises(MailboxAway, match=r"secure line fails .*self-signed"):
        secured(secure, user, security).connect()


def test_a_server_without_starttls_gets_no_password(dovecot, user):
    with pytest.raises(MailboxAway, match="STARTTLS"):
        Mailbox(dovecot.settings(user, security=Security.STARTTLS)).connect()


OLD = datetime(2019, 5, 1, tzinfo=UTC)


def lay(dovecot: Dovecot, user: str, *mails: tuple[bytes, datetime]) -> None:
    with dovecot.person(user) as person:
        for raw, came_at in mails:
            person.append("INBOX", raw, msg_time=came_at)


def test_of_a_mailbox_that_is_years_old_only_what_is_new_enough_is_read(dovecot, user, open_mailbox):
    lay(dovecot, user, *((mail(number), OLD) for number in range(20)), (mail(20), NOW))

    taken = arrived(open_mailbox(since=NOW.date()))

    assert identities(taken) == ["<20@townpd.example.gov>"]


def test_what_would_be_read_can_be_looked_at_first(dovecot, user, open_mailbox):
    lay(dovecot, user, (mail(1), OLD), (mail(2), NOW))
    mailbox, inbox = open_mailbox(is_read_only=True), Inbox()

    shown = list(mailbox.preview(inbox.unknown))

    assert [(each.subject, each.came_at) for each in shown] == [("Request 1", OLD), ("Request 2", NOW)]
    assert {each.sender for each in shown} == {"Chief <chief@townpd.example.gov>"}
    assert [each.size_bytes for each in shown] == [len(mail(1)), len(mail(2))]
    assert len(arrived(mailbox, inbox)) == 2, "and it is all still there"


def test_a_mailbox_that_is_only_read_stays_as_it_is(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))
    mailbox, inbox = open_mailbox(is_read_only=True), Inbox()

    (one,) = arrived(mailbox, inbox)
    mailbox.move_done([one.key])

    assert arrived(mailbox, inbox) == []
    with dovecot.person(user) as person:
        assert person.select_folder("INBOX")[b"EXISTS"] == 1
        assert [name for _, _, name in person.list_folders()] == ["INBOX"]


def test_a_mail_that_is_laid_into_the_folder_again_has_the_same_content(dovecot, user, open_mailbox):
    dovecot.deliver(user, mail(1))
    mailbox = open_mailbox()
    (one,) = arrived(mailbox)
    lay(dovecot, user, (one.raw.replace(b"\r\nFrom:", b"\r\nX-Moved: yes\r\nFrom:"), NOW))

    (again,) = [each for each in arrived(mailbox) if each.key != one.key]

    assert again.content == one.content
