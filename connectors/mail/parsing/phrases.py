"""The words by which mail clients introduce quotations, in the languages they speak."""

import re

_LABELS = {
    "from": (
        "from|von|de|от|da|van|från|fra|od|from sender|absender|expéditeur|remitente|mittente|"
        "afzender|lähettäjä|kimden|gönderen|отправитель|feladó|de la|odesílatel|"
        "发件人|寄件人|寄件者|发信人|發件人|發信人|发送人|差出人|送信者|보낸사람|보낸이|from:"
    ),
    "sent": (
        "sent|gesendet|gesendet am|envoyé|envoyé le|enviado|enviado el|enviada em|enviada|"
        "отправлено|inviato|verzonden|skickat|sendt|wysłano|lähetetty|gönderildi|odesláno|elküldve|"
        "date|datum|data|fecha|дата|tarih|dato|päivämäärä|sent at|"
        "发送时间|发送日期|發送時間|傳送時間|寄件日期|发信时间|寄件時間|日期|时间|時間|送信日時|日時|"
        "送信日|보낸날짜|날짜|发件时间|發件時間"
    ),
    "to": (
        "to|an|à|para|кому|a|aan|till|til|do|kime|vastaanottaja|empfänger|destinataire|destinatario|"
        "收件人|收件者|收信人|宛先|受信者|받는사람|받는이|接收人"
    ),
    "cc": "cc|bcc|kopie|копия|cópia|copia|copie|kopia|抄送|抄送人|副本|密送|ccn|参照|참조|cci",
    "subject": (
        "subject|betreff|objet|asunto|тема|oggetto|onderwerp|ämne|emne|temat|konu|aihe|assunto|"
        "předmět|tárgy|sujet|主题|主題|主旨|标题|標題|件名|제목|邮件主题"
    ),
    "other": (
        "reply-to|importance|attachments|attachment|priority|message-id|organization|"
        "附件|重要性|优先级|回复|antwort an|wichtigkeit|anlagen|importancia|важность|mailed-by"
    ),
}
HEADER_LABELS = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}

# Inside dashes, underscores or the like.
_SEPARATORS = (
    "original message|original appointment|original mail|original email|forwarded message|"
    "forwarded by|forwarded mail|begin forwarded|reply message|replied message|"
    "ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|"
    "ursprüngliche mail|weitergeleitete nachricht|weitergeleitet von|"
    "message d'origine|message original|message initial|message transféré|courriel d'origine|"
    "mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada|mensagem reencaminhada|"
    "messaggio originale|messaggio inoltrato|messaggio initiale|oorspronkelijk bericht|"
    "origineel bericht|doorgestuurd bericht|исходное сообщение|пересылаемое сообщение|"
    "пересланное сообщение|оригинальное сообщение|конец пересылаемого|"
    "ursprungligt meddelande|originalmeddelande|vidarebefordrat|oprindelig meddelelse|"
    "opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|"
    "původní zpráva|eredeti üzenet|özgün ileti|orijinal mesaj|mesajul original|"
    "原始邮件|原始郵件|邮件原件|郵件原件|原邮件|原郵件|原始信息|原始訊息|原始消息|原信|"
    "转发邮件|轉寄郵件|转发的邮件|轉寄的郵件|转发信息|转发消息|回复的邮件|源邮件|邮件信息|"
    "元のメッセージ|元メッセージ|元のメール|転送メッセージ|転送されたメッセージ|"
    "원본 메시지|원본메시지|원본 메일|전달된 메시지"
)
SEPARATORS = tuple(_SEPARATORS.split("|"))
# On a line of their own, unframed (Apple Mail and its translations).
_UNFRAMED_SEPARATORS = (
    "begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|"
    "début du message transféré|inizio messaggio inoltrato|inicio del mensaje reenviado|"
    "begin doorgestuurd bericht|início da mensagem reencaminhada|начало переадресованного сообщения|"
    "以下是转发的邮件|下面是被转发的邮件|開始轉寄郵件|以下是轉寄的郵件|転送されたメッセージ"
)
UNFRAMED_SEPARATORS = frozenset(_UNFRAMED_SEPARATORS.split("|"))
# Means something only right above a block of headers.
BARE_SEPARATORS = frozenset(
    ["原始邮件", "原始郵件", "原邮件", "转发邮件", "Original message", "Original Message",
     "Forwarded message"]
)  # fmt: skip
REPLY_ABOVE = (
    "reply above this line",
    "respond above this line",
    "type your reply above",
    "请在此行上方回复",
    "请在此线以上回复",
    "请在上方回复",
    "請在此行上方回覆",
)
WROTE = re.compile(
    r"(?:\bwrote|\bwrites|\bhas written|\bschrieb|\ba écrit|\bécrivait|\bécrit|\bescribió|"
    r"\bescreveu|\bha scritto|\bskrev|\bnapisał\(?a?\)?|\bnapsal\(?a?\)?|\bschreef|\bgeschreven|"
    r"\bkirjoitti|\bnapísal|\bírta|\bscris|\byazdı|\bnapisao|пишет|писал|написала?|написал\(а\)|"
    r"пишете|написав|έγραψε|写道|寫道|写到|来信|写信说|のメール|書きました|は書き|님이 작성|작성)"
    r"[^:：]{0,40}[:：]?\s*$",
    re.IGNORECASE,
)
OPENING = re.compile(
    r"[\s*_>-]*(?:(?:On|At|Am|Le|El|Em|Il|Op|Den|Dnia|W dniu|Dne|På|Pe|Em|A|Il giorno|Le mer|"
    r"Quoting|Zitat von)\s|在|于|於|(?:19|20)\d{2}[-/.年])"
)
SENT_FROM = re.compile(
    r"(?:sent (?:from|via|with|using) (?![^!?]*[,;])[^!?]{1,70}(?<!\.)|"
    r"get outlook for .{2,40}|"
    r"(?:von meinem|gesendet (?:von|mit|aus)) .{2,60}|(?:envoyé (?:de|depuis|à partir)) .{2,60}|"
    r"enviado (?:desde|do|de|a partir|via) .{2,60}|inviato (?:da|dal) .{2,60}|"
    r"отправлено (?:с|из) .{2,60}|wysłane z .{2,60}|verzonden (?:vanaf|met) .{2,60}|"
    r"skickat från .{2,60}|sendt fra .{2,60}|"
    r"(?:发自|發自|来自|來自|寄自|传送自|傳送自|从我|從我)\s?(?:我的|我的\s|网易|QQ|新浪|小米|华为|"
    r"iPhone|iPad|Foxmail|Outlook|Windows|Android|.{0,8}邮箱|.{0,8}手机|.{0,8}客户端).{0,40}|"
    r"(?:从|從)(?:我的)?\s?[A-Za-z].{1,25}(?:发送|傳送)|通过.{1,20}(?:邮箱|邮件)发送|iPhoneから送信|"
    r"나의 .{2,20}에서 보냄)",
    re.IGNORECASE,
)
