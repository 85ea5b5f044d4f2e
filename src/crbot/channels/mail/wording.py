"""What machines write, in the languages that come: the beginnings of subjects and letters, and words within them.

Data, and the one way to look for it. What is made of it is `machines`'.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_STROKED = str.maketrans("łøđı", "lodi")  # no accents by Unicode


def folded(text: str) -> str:
    """Without case, accents, and more than one blank: so is all of this data compared."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_STROKED))
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return " ".join(bare.replace("’", "'").split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(folded(line) for line in text.strip().splitlines())


def begins(text: str, phrases: tuple[str, ...]) -> bool:
    return folded(text).lstrip(" *[(<!:-").startswith(phrases)


def holds(text: str, phrases: Iterable[str]) -> bool:
    searched = folded(text)
    return any(phrase in searched for phrase in phrases)


# Subjects of mails that tell of a failed or late delivery. A person may write such a one: a hint, no proof.
FAILURE_SUBJECTS = _phrases("""
    address change or invalid address
    auto discard notification
    blocked:
    bounce
    couldn't deliver
    could not be delivered
    could not deliver
    could not send
    delayed mail
    delayed message
    delivery delayed
    delivery error
    delivery fail
    delivery final failure
    delivery has fail
    delivery has been delayed
    delivery incomplete
    delivery notification
    delivery of your message
    delivery problem
    delivery report
    delivery status
    delivery unsuccessful
    delivery was delayed
    dsn:
    email could not be delivered
    email delivery failure
    error delivering
    error sending
    failed delivery
    failed mail
    failed to deliver
    failure delivery
    failure notice
    failure to deliver
    invalid recipient
    mail could not
    mail delivery
    mail failure
    mail not delivered
    mail returned
    mail status report
    mail system error
    mail undeliverable
    mail_delivery
    mailbox full
    mailbox is full
    mailbox unavailable
    message could not be
    message delayed
    message delivery failure
    message not delivered
    message status - undeliverable
    message undeliverable
    message undelivered
    ndn:
    ndr:
    nondeliverable
    non-deliverable
    non deliverable
    nondelivery
    non-delivery
    non delivery
    not delivered:
    over quota
    permanent delivery failure
    permanent failure
    postmaster notify
    problems delivering
    quota exceeded
    recipient not found
    rejected:
    return mail
    returned mail
    returned message
    returned to sender
    returning message to sender
    sendmail error
    temporary delivery failure
    transient failure
    undeliverable
    undelivered
    unable to deliver
    unable to send
    user unknown
    warning: could not send
    warning: message
    warning: your message
    you have sent a message to an unknown
    your e-mail could not be
    your email could not be
    your mail could not be
    your message could not be
    your message was not delivered
    your message to
    benachrichtigung uber den zustellungsstatus
    benachrichtigung zum ubermittlungsstatus
    e-mail nicht zustellbar
    fehler bei der zustellung
    fehlgeschlagene zustellung
    ihre nachricht konnte nicht
    mail konnte nicht zugestellt
    nachricht nicht zustellbar
    nicht zugestellt
    nicht zustellbar
    postfach voll
    ruckläufer
    ubermittlung fehlgeschlagen
    unzustellbar
    verzogerte zustellung
    zustellbericht
    zustellfehler
    zustellstatus
    zustellung fehlgeschlagen
    zustellung der nachricht
    avis de non-remise
    avis de non remise
    courrier non distribue
    echec de la distribution
    echec de la remise
    echec de remise
    echec d'envoi
    message non delivre
    message non distribue
    message non remis
    non distribuable
    non remis
    notification d'etat de remise
    notification d'echec
    rapport de non-remise
    rapport de non remise
    remise retardee
    retour a l'expediteur
    correo devuelto
    correo no entregado
    devuelto:
    error de entrega
    error en la entrega
    fallo de entrega
    fallo en la entrega
    mensaje devuelto
    mensaje no entregado
    no entregado
    no se ha podido entregar
    no se puede entregar
    no se pudo entregar
    notificacion de estado de entrega
    notificacion del estado de la entrega
    e-mail nao entregue
    falha na entrega
    falha de entrega
    mensagem devolvida
    mensagem nao entregue
    nao entregue
    nao e possivel entregar
    nao foi possivel entregar
    notificacao de status de entrega
    errore di consegna
    impossibile recapitare
    mancata consegna
    mancato recapito
    messaggio non consegnato
    messaggio non recapitato
    non recapitabile
    notifica di mancato recapito
    notifica sullo stato di recapito
    notifica dello stato del recapito
    recapito non riuscito
    aflevering mislukt
    bezorging mislukt
    niet bezorgd
    niet-bezorgbaar
    onbestelbaar
    kan inte levereras
    meddelandet kunde inte levereras
    olevererbart
    oleverbart
    kan ikke leveres
    ikke leveret
    ikke levert
    uleverbar
    viestia ei voi toimittaa
    ei voitu toimittaa
    toimitus epaonnistui
    nie dostarczono
    nie mozna dostarczyc
    niedostarczona
    niedostarczone
    zwrot poczty
    nedorucitelna
    nedorucitelne
    nedoruceno
    kezbesithetetlen
    nem kezbesitheto
    mesaj livrat cu eroare
    nelivrat
    teslim edilemedi
    iletilemedi
    не доставлено
    недоставлен
    не удается доставить
    не удалось доставить
    сообщение не доставлено
    уведомление о недоставке
    μη παραδοτεο
    αποτυχια παραδοσης
    送信エラー
    送信失敗
    配信エラー
    配信不能
    配信できません
    未配信
    配達不能
    メールが配信できません
    メール送信エラー
    宛先不明
    无法投递
    無法投遞
    無法傳遞
    未传递
    未傳遞
    未送达
    系统退信
    系統退信
    退信
    投递失败
    投遞失敗
    배달되지 않음
    배달 실패
    전송 실패
    반송
""")

# How the letters of mail servers begin.
FAILURE_OPENINGS = _phrases("""
    - these recipients of your message have been processed by the mail server
    a message that you sent could not be delivered
    a message that you have sent could not be delivered
    an error occurred while trying to deliver
    an error occurred while sending mail
    delivery has failed to these recipients
    delivery is delayed to these recipients
    delivery to the following recipient
    delivery to the following recipients
    failed to deliver to
    hi. this is the qmail-send program
    hi. this is the deliver program
    i'm sorry to have to inform you that
    i'm afraid i wasn't able to deliver your message
    message from yahoo
    sorry, we were unable to deliver your message
    sorry it didn't work out
    the attached message could not be delivered
    the following address failed
    the following addresses failed
    the following addresses had permanent
    the following addresses had transient
    the following message could not be delivered
    the following organization rejected your message
    the following recipient(s) could not be reached
    the following recipients could not be reached
    the following recipients of your message
    the mail system
    the message could not be delivered
    the message that you sent was undeliverable
    the message you sent to
    the original message was received at
    the user(s) account is
    this is a permanent error
    this is an automatically generated delivery status
    this is the mail delivery agent
    this is the mail delivery system
    this is the mail system at host
    this is the postfix program at host
    this is the qmail
    this message was created automatically by
    this message was automatically created by
    this report relates to a message you sent
    unable to deliver message to
    unable to deliver the following message
    undeliverable message
    undelivered mail
    we were unable to deliver
    we're writing to let you know that
    your e-mail message could not be
    your mail could not be delivered
    your mail message to the following
    your message cannot be delivered
    your message could not be delivered
    your message did not reach some or all of the intended recipients
    your message has been delayed
    your message has not been delivered
    your message to the following
    your message wasn't delivered
    your message was not delivered
    ihre nachricht hat einige oder alle empfanger nicht erreicht
    ihre nachricht konnte nicht
    ihre e-mail konnte nicht
    die folgende nachricht konnte nicht
    die zustellung ihrer nachricht
    fehler bei der nachrichtenzustellung
    dies ist eine automatisch erstellte benachrichtigung
    ubermittlung an folgende empfanger fehlgeschlagen
    echec de la remise a
    la remise a echoue
    votre message n'a pas pu etre
    votre message n'est pas parvenu
    ceci est un message automatique du serveur de messagerie
    error de entrega a estos destinatarios
    no se pudo entregar el mensaje
    no se ha podido entregar
    su mensaje no ha podido
    su mensaje no se pudo
    falha na entrega a estes destinatarios
    sua mensagem nao pode ser entregue
    nao foi possivel entregar
    impossibile recapitare il messaggio
    il messaggio non e stato recapitato
    il tuo messaggio non
    recapito non riuscito
    uw bericht kan niet
    uw bericht is niet
    bezorging is mislukt
    din e-post kunde inte
    nie mozna dostarczyc
    не удалось доставить
    не удается доставить
    ваше сообщение не доставлено
    次の受信者
    あなたのメッセージ
    送信したメール
    以下のメールアドレス
    您的邮件
    您的郵件
    很抱歉,您
""")

# What stands in them where neither a code nor the returned mail does.
FAILURE_WORDS = _phrases("""
    account has been disabled
    account is disabled
    address not found
    address rejected
    could not be delivered to
    couldn't be delivered to
    does not have a mailbox
    exceeded its quota
    exceeded storage allocation
    has exceeded the quota
    has not been delivered to
    invalid recipient
    is over quota
    is over its quota
    isn't a valid address
    mail could not be delivered
    mailbox full
    mailbox is full
    mailbox unavailable
    message could not be delivered
    message could not be sent
    message has been delayed
    message not delivered
    message was not delivered
    message wasn't delivered
    no mailbox here by that name
    no such user
    not listed in domino directory
    not listed in public name & address book
    not our customer
    over the maximum allowed quota
    quota exceeded
    recipient not found
    recipient unknown
    unable to deliver
    unknown user
    unrouteable address
    unrouteable mail domain
    user doesn't exist
    user is unknown
    user not found
    user unknown
    wasn't found at
    empfanger unbekannt
    nicht zugestellt
    nicht zustellbar
    postfach ist voll
    adresse introuvable
    boite aux lettres est pleine
    destinataire inconnu
    n'a pas pu etre remis
    n'a pas pu etre distribue
    n'a pas ete remis
    buzon esta lleno
    destinatario desconocido
    no se ha podido entregar
    no se pudo entregar
    usuario desconocido
    caixa de correio cheia
    nao pode ser entregue
    nao foi entregue
    usuario inexistente
    casella piena
    casella di posta piena
    destinatario sconosciuto
    non e stato recapitato
    non e stato possibile recapitare
    kon niet worden bezorgd
    mailbox is vol
    kunde inte levereras
    nie istnieje
    nie zostala dostarczona
    не был доставлен
    не доставлено
    почтовый ящик переполнен
    пользователь не найден
    宛先が見つかりません
    配信できません
    送信できません
    送信できませんでした
    不存在
    已满
    已滿
    찾을 수 없
""")

# A delivery that is still tried, told in words.
STILL_TRIED = _phrases("""
    do not need to resend
    has been delayed
    is delayed
    no action is required
    not yet been delivered
    still being retried
    still being tried
    still trying
    still undelivered
    this is a warning message only
    warning: could not send
    will be retried
    will continue to try
    will keep trying
    will retry
    es wird weiterhin versucht
    verzogert
    weitere zustellversuche
    nouvelles tentatives
    retarde
    sera retente
    se ha retrasado
    se seguira intentando
    continuaremos intentando
    foi adiada
    tentaremos novamente
    in ritardo
    verra ritentato
    wordt opnieuw geprobeerd
    будет повторена
    再送
    重试
    重試
""")

# Subjects of absence notices and other answers that nobody has written.
ANSWER_SUBJECTS = _phrases("""
    auto reply
    auto response
    auto-antwort
    auto-reply
    auto-response
    automated reply
    automated response
    automatic reply
    automatic response
    automatically generated reply
    autoreply
    autoresponse
    i am out of office
    i am out of the office
    i'm out of office
    i'm out of the office
    ooo:
    out of office
    out of the office
    out-of-office
    vacation message
    vacation reply
    abwesend
    abwesenheit
    automatische antwort
    automatische ruckmeldung
    ich bin abwesend
    nicht im buro
    nicht im haus
    urlaub:
    absence du bureau
    absent du bureau
    absent(e) du bureau
    absente du bureau
    je suis absent
    message d'absence
    reponse automatique
    reponse d'absence
    ausente de la oficina
    fuera de la oficina
    fuera de oficina
    mensaje de ausencia
    respuesta automatica
    ausencia temporaria
    fora do escritorio
    mensagem de ausencia
    resposta automatica
    assente dall'ufficio
    fuori sede
    fuori ufficio
    risposta automatica
    sono fuori ufficio
    afwezig
    afwezigheid
    automatisch antwoord
    niet op kantoor
    autosvar
    automatiskt svar
    franvaro
    automatisk svar
    fravaerelse
    fravær
    ikke til stede
    automaattinen vastaus
    poissa
    poissaolo
    autoodpowiedz
    automatyczna odpowiedz
    odpowiedz automatyczna
    poza biurem
    nieobecnosc
    automaticka odpoved
    mimo kancelar
    automatikus valasz
    hazon kivul
    raspuns automat
    otomatik yanit
    ofis disinda
    автоматический ответ
    автоответ
    вне офиса
    нет на месте
    αυτοματη απαντηση
    εκτος γραφειου
    自動応答
    自動返信
    不在通知
    不在のお知らせ
    不在:
    自动回复
    自动答复
    自動回覆
    自動回復
    외출 중
    부재 중
    자동 응답
    자동 회신
    תשובה אוטומטית
    رد تلقائي
    الرد التلقائي
""")

# Programs that let a mail through only when its sender proves to be a person.
CHALLENGE_SUBJECTS = _phrases("""
    [confirm]
    action required to deliver
    challenge
    confirm your email to
    confirm your message
    confirmation required
    email confirmation required
    message confirmation
    message held
    message verification
    please confirm
    please verify
    re: your message is being held
    sender authentication
    sender verification
    spam protection
    verification required
    verify your email to
    your email is on hold
    your email requires verification
    your message is being held
    your message is on hold
    your message requires confirmation
    your mail to
""")
CHALLENGE_WORDS = _phrases("""
    add you to my approved
    added to the approved senders
    approved senders list
    before it is delivered
    challenge-response
    challenge/response
    click on the link below to deliver
    click the link below to deliver
    confirm that you are a real person
    confirm that you sent
    confirm you are human
    confirm your message
    has been quarantined until
    held until you confirm
    in order to deliver your message
    in order for your message to be delivered
    mail to me is filtered
    not on my approved
    prove that you are
    reply to this message to confirm
    reply to this message without changing
    to complete the delivery of your
    to release your message
    uses a spam blocker
    your message is being held
    your message will be delivered once
""")
