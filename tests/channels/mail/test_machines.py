"""Machines' mail is known by what it says, whichever program wrote it and in whichever language."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from crbot.cases.letters import Fate
from crbot.channels.mail import wording
from crbot.channels.mail.mime import Mail, parse_mail
from crbot.triage.message import Mark

# The sender tells nothing here: the words alone must.
SOMEBODY = "Mail <system@mx1.cedar-bluff.example.gov>"

FAILURES = {
    "qmail": (
        "failure notice",
        ("Hi. This is the qmail-send program at mx1.cedar-bluff.example.gov.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\n\n<tom@cedar-bluff.example.gov>:\nSorry, no mailbox here by that name. (#5.1.1)"),
    ),
    "Postfix, its text alone": (
        "Your mail",
        ("This is the mail system at host mx1.cedar-bluff.example.gov.\n\n<tom@cedar-bluff.example.gov>: host "
        "mail[192.0.2.1] said: 550 5.1.1 unknown user (in reply to RCPT TO command)"),
    ),
    "Exim": (
        "Mail delivery failed: returning message to sender",
        ("This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its recipients.\n\n  tom@cedar-bluff.example.gov\n    Unrouteable address"),
    ),
    "Exchange, old": (
        "Undeliverable: Re: Policy review",
        ("Your message did not reach some or all of the intended recipients.\n\n      Subject: Re: Policy review\n\nThe "
        "following recipient(s) could not be reached:\n\n      Tom Akers on 3/2/2026\n            The e-mail account "
        "does not exist at the organization this message was sent to.\n            <mx1 #5.1.1>"),
    ),
    "Exchange, new": (
        "Undeliverable: Re: Policy review",
        "Your message to tom@cedar-bluff.example.gov couldn't be delivered.\n\ntom wasn't found at cedar-bluff.example.gov.",
    ),
    "Gmail": (
        "Delivery Status Notification (Failure)",
        ("Address not found\n\nYour message wasn't delivered to tom@cedar-bluff.example.gov because the address couldn't "
        "be found, or is unable to receive mail."),
    ),
    "Notes": (
        "DELIVERY FAILURE: User takers (takers@cedar-bluff.example.gov) not listed in Domino Directory",
        ("Your message\n\n  Subject: Re: Policy review\n\nwas not delivered to:\n\n  takers@cedar-bluff.example.gov\n\n"
        "because:\n\n  User takers (takers@cedar-bluff.example.gov) not listed in Domino Directory"),
    ),
    "GroupWise": (
        "Message status - undeliverable",
        "The message that you sent was undeliverable to the following:\n\n  takers@cedar-bluff.example.gov (user not found)",
    ),
    "sendmail": (
        "Returned mail: see transcript for details",
        ("The original message was received at Mon, 2 Mar 2026 09:00:00 -0500\n\n   ----- The following addresses had "
        "permanent fatal errors -----\n<tom@cedar-bluff.example.gov>\n    (reason: 550 5.1.1 User unknown)"),
    ),
    "a full mailbox": ("Quota exceeded", "The mailbox of tom@cedar-bluff.example.gov is over quota. The mail was returned."),
    "a code and nothing else": ("Mail System Error - Returned Mail", "tom@cedar-bluff.example.gov\n552 mailbox storage used up"),
    "the mail as it was": ("Undelivered mail", "We have it here:\n\nMessage-ID: <a@b.example>\nSubject: Re: Policy review"),
    "German": ("Unzustellbar: Re: Policy review", "Ihre Nachricht konnte nicht zugestellt werden.\nEmpfänger unbekannt."),
    "German, by Exchange": (
        "Nicht zustellbar: Policy review",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\ntom@cedar-bluff.example.gov\n550 5.1.10",
    ),
    "French": ("Non remis : Policy review", "Votre message n'a pas pu être remis à tom@cedar-bluff.example.gov."),
    "Spanish": ("No se puede entregar: Policy review", "Su mensaje no se ha podido entregar. Buzón está lleno: el buzón está lleno."),
    "Portuguese": ("Não é possível entregar: Policy", "Sua mensagem não pode ser entregue para tom@cedar-bluff.example.gov."),
    "Italian": ("Recapito non riuscito: Policy", "Il messaggio non è stato recapitato. Destinatario sconosciuto."),
    "Dutch": ("Onbestelbaar: Policy", "Uw bericht kon niet worden bezorgd."),
    "Swedish": ("Kan inte levereras: Policy", "Meddelandet kunde inte levereras till tom@cedar-bluff.example.gov."),
    "Polish": ("Niedostarczone: Policy", "Wiadomość nie została dostarczona do tom@cedar-bluff.example.gov."),
    "Russian": ("Не удается доставить: Policy", "Сообщение не доставлено: пользователь не найден."),
    "Japanese": ("配信不能: Policy", "宛先が見つかりませんでした。"),
    "Chinese": ("系统退信", "收件人地址不存在。"),
    "Korean": ("배달되지 않음: Policy", "받는 사람을 찾을 수 없습니다."),
}  # fmt: skip

LATE = {
    "English": ("Delayed Mail (still being retried)", "Your message could not be delivered yet. It will be retried for 4 days."),
    "Exchange": ("Delivery delayed: Policy", "Delivery is delayed to these recipients: tom@cedar-bluff.example.gov\n\n4.4.1"),
    "sendmail": ("Warning: could not send message for past 4 hours", "THIS IS A WARNING MESSAGE ONLY\nYOU DO NOT NEED TO RESEND\n451 4.4.1"),
    "German": ("Verzögerte Zustellung", "Ihre Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht. 4.4.7"),
    "French": ("Remise retardée", "Votre message est retardé. De nouvelles tentatives suivront. 4.4.7"),
}  # fmt: skip

UNWRITTEN = {
    "Out of office: Policy review": "Back on Monday.",
    "OOO: Policy review": "Back on Monday.",
    "Abwesenheitsnotiz: Policy review": "Ich bin bis Montag nicht da.",
    "Réponse automatique : Policy review": "De retour lundi.",
    "Fuera de la oficina: Policy review": "Vuelvo el lunes.",
    "Resposta automática: Policy review": "Volto na segunda.",
    "Risposta automatica: Policy review": "Torno lunedì.",
    "Automatisch antwoord: Policy review": "Maandag terug.",
    "Autosvar: Policy review": "Tillbaka på måndag.",
    "Automaattinen vastaus: Policy review": "Palaan maanantaina.",
    "Odpowiedź automatyczna: Policy review": "Wracam w poniedziałek.",
    "Автоматический ответ: Policy review": "Вернусь в понедельник.",
    "自動応答: Policy review": "月曜日に戻ります。",
    "自动回复: Policy review": "周一回来。",
    "자동 회신: Policy review": "월요일에 돌아옵니다.",
    "Please confirm your message": "I use a filter. Click the link below to deliver your mail to me.",
    "Re: Your message is being held": "You are not on my approved senders list. Reply to this message to confirm.",
}

PEOPLE = {
    "an answer to a notice": ("Re: Undeliverable: Policy review", "Your message could not be delivered, I saw. We still want help."),
    "a matter of that name": ("Delivery problem with our training", "The training that we planned was cancelled. Please help us."),
    "the office is out": ("Out of ideas", "We need help with recruitment."),
    "a question about confirming": ("Please confirm", "Please confirm that you have our request of Monday."),
    "a bounce told of": ("Your letter", "I got a note that said: your message could not be delivered to us. Here is our request."),
}  # fmt: skip


def read(subject: str, text: str, sender: str = SOMEBODY, **headers: str) -> Mail:
    message = EmailMessage()
    told = {"From": sender, "To": "cri-intake@cops.example.gov", "Subject": subject}
    for name, value in (told | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return parse_mail(message.as_bytes())


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_delivery_is_known_by_its_words(name: str) -> None:
    mail = read(*FAILURES[name])

    assert mail.marks == {Mark.BOUNCE, Mark.AUTOMATIC}
    assert mail.report is not None
    assert mail.report.fate is Fate.FAILED


@pytest.mark.parametrize("name", LATE)
def test_a_late_delivery_is_known_by_its_words(name: str) -> None:
    mail = read(*LATE[name])

    assert mail.marks == {Mark.BOUNCE, Mark.AUTOMATIC}
    assert mail.report is not None
    assert mail.report.fate is Fate.DELAYED


@pytest.mark.parametrize("subject", UNWRITTEN)
def test_an_answer_that_nobody_wrote_is_known_by_its_words(subject: str) -> None:
    assert read(subject, UNWRITTEN[subject]).marks == {Mark.AUTOMATIC}


@pytest.mark.parametrize("name", PEOPLE)
def test_what_a_person_writes_is_no_machines(name: str) -> None:
    assert read(*PEOPLE[name], sender="Chief Akers <takers@cedar-bluff.example.gov>").marks == set()


@pytest.mark.parametrize(
    "sender",
    [
        "Mail Delivery System <x@mx.example>",
        "Internet Mail Delivery <x@mx.example>",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@cedar-bluff.example.gov>",
        "Postmaster <postmaster@cedar-bluff.example.gov>",
        "MAILER-DAEMON",
    ],
)
def test_a_daemon_is_known_by_its_name(sender: str) -> None:
    assert Mark.BOUNCE in read("Hello", "Nothing that says it.", sender=sender).marks


@pytest.mark.parametrize("path", ["<>", "<MAILER-DAEMON>", "<#@[]>", "<MAILER-DAEMON@mx.example>"])
def test_what_nobody_could_be_told_of_was_sent_by_nobody(path: str) -> None:
    assert Mark.AUTOMATIC in read("Hello", "Nothing.", Return_Path=path).marks


def test_the_data_is_compared_as_it_is_written() -> None:
    for name in dir(wording):
        phrases = getattr(wording, name)
        if name.isupper():
            assert len(set(phrases)) == len(phrases), name
            assert all(phrases), name
