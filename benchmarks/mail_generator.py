"""Mails as customers send them, always the same ones: 350 requests and 150 replies to them.

Of the requests 40 % are plain text, 30 % text and HTML (with a script in it), 10 % GB18030 (half declared, half raw
8-bit without a declaration), 10 % ISO-8859-1 as quoted-printable, 10 % carry a 20 KB file with a Chinese name. Half of
the replies have nothing but In-Reply-To or References to say where they belong, and a changed subject.
"""

import random
from dataclasses import dataclass
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import formataddr

SEED = 20260504
REQUESTS = 350
REPLIES = 150
CUSTOMERS = 220
FILE_BYTES = 20 * 1024

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡"
GIVEN = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛"]
THINGS = [
    "打印机",
    "笔记本电脑",
    "门禁卡",
    "邮箱",
    "报销系统",
    "会议室投影",
    "网络",
    "电话",
    "空调",
    "显示器",
]
TROUBLES = ["坏了", "打不开", "连接不上", "很慢", "一直报错", "需要更换", "密码忘了", "没有权限"]
GERMAN = [
    "Die Bestellung ist nicht angekommen",
    "Rückfrage zur Rechnung",
    "Gerät lässt sich nicht öffnen",
]


@dataclass(frozen=True)
class GeneratedMail:
    """A mail and what must become of it. `conversation` is the same for a request and its replies."""

    raw: bytes
    sender: str
    conversation: int
    is_reply: bool
    says: str  # words that must be readable in the message


def generate(seed: int = SEED) -> list[GeneratedMail]:
    """The 500 mails: the requests in their order, then the replies."""
    return _Generator(random.Random(seed)).run()


class _Generator:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.customers = [
            (
                chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(["", *GIVEN]),
                f"customer{n}@example{n % 40}.com",
            )
            for n in range(CUSTOMERS)
        ]

    def run(self) -> list[GeneratedMail]:
        kinds = [kind for kind, share in (
            (self._text, 140), (self._text_and_html, 105), (self._gb18030, 18), (self._raw_gb18030, 17),
            (self._latin, 35), (self._with_file, 35),
        ) for _ in range(share)]  # fmt: skip
        self.chance.shuffle(kinds)
        requests = []
        for number, make in enumerate(kinds):
            customer = self.chance.choice(self.customers)
            message, says = make(number)
            self._address(message, customer, f"request-{number}@{customer[1].partition('@')[2]}")
            requests.append(
                (customer, GeneratedMail(_bytes(message, make), customer[1], number, False, says))
            )
        answered = self.chance.sample(range(REQUESTS), REPLIES)
        replies = [
            self._reply(n, *requests[n], headers_only=place % 2 == 0)
            for place, n in enumerate(answered)
        ]
        return [mail for _, mail in requests] + replies

    def _address(self, message: Message, customer: tuple[str, str], message_id: str) -> None:
        message["From"] = formataddr(customer)
        message["To"] = "desk@localhost"
        message["Message-ID"] = f"<{message_id}>"
        second = self.chance.randrange(60 * 60)
        message["Date"] = f"Mon, 04 May 2026 09:{second // 60:02}:{second % 60:02} +0800"

    def _words(self, number: int) -> tuple[str, str, str]:
        """Subject, body, and the sentence by which the mail is recognised."""
        thing, trouble = self.chance.choice(THINGS), self.chance.choice(TROUBLES)
        says = f"第{number}号请求：我的{thing}{trouble}，请尽快处理。"
        filler = "\n".join(
            f"{self.chance.choice(THINGS)}也{self.chance.choice(TROUBLES)}。"
            * self.chance.randint(1, 6)
            for _ in range(self.chance.randint(1, 12))
        )
        return f"{thing}{trouble}", f"您好，\n\n{says}\n\n{filler}\n\n谢谢！\n", says

    def _text(self, number: int) -> tuple[Message, str]:
        subject, body, says = self._words(number)
        message = MIMEText(body, "plain", "utf-8")
        message["Subject"] = Header(subject, "utf-8")
        return message, says

    def _text_and_html(self, number: int) -> tuple[Message, str]:
        subject, body, says = self._words(number)
        paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines() if line)
        html = (
            "<html><head><style>p {color: #333}</style><script>alert(document.cookie)</script></head>"
            f'<body><table><tr><td onclick="steal()">{paragraphs}</td></tr></table></body></html>'
        )
        message = MIMEMultipart("alternative", boundary=f"part-{number}")
        message.attach(MIMEText(body, "plain", "utf-8"))
        message.attach(MIMEText(html, "html", "utf-8"))
        message["Subject"] = Header(subject, "utf-8")
        return message, says

    def _gb18030(self, number: int) -> tuple[Message, str]:
        subject, body, says = self._words(number)
        message = MIMEText("", "plain", "us-ascii")
        message.replace_header("Content-Type", 'text/plain; charset="gb18030"')
        message.replace_header("Content-Transfer-Encoding", "8bit")
        message.set_payload(body.encode("gb18030").decode("ascii", "surrogateescape"))
        message["Subject"] = Header(subject, "gb18030")
        return message, says

    def _raw_gb18030(self, number: int) -> tuple[Message, str]:
        """As some Chinese programs send: eight bits everywhere, and not a word about what they mean."""
        subject, body, says = self._words(number)
        message = Message()
        message.set_payload(body.encode("gb18030").decode("ascii", "surrogateescape"))
        message["Subject"] = "SUBJECT"
        message["X-Raw-Subject"] = subject
        return message, says

    def _latin(self, number: int) -> tuple[Message, str]:
        latin = Charset("iso-8859-1")
        latin.body_encoding = QP
        says = f"Anfrage Nr. {number}: {self.chance.choice(GERMAN)}, bitte um Rückmeldung."
        message = MIMENonMultipart("text", "plain", charset="iso-8859-1")
        message.set_payload(
            f"Guten Tag,\n\n{says}\n\nMit freundlichen Grüßen\nJörg Müller\n", latin
        )
        message["Subject"] = Header(f"{self.chance.choice(GERMAN)} ({number})", "iso-8859-1")
        return message, says

    def _with_file(self, number: int) -> tuple[Message, str]:
        subject, body, says = self._words(number)
        message = MIMEMultipart("mixed", boundary=f"part-{number}")
        message.attach(MIMEText(body, "plain", "utf-8"))
        file = MIMEBase("application", "pdf")
        file.set_payload(b"%PDF-1.4\n" + self.chance.randbytes(FILE_BYTES))
        encode_base64(file)
        file.add_header(
            "Content-Disposition", "attachment", filename=("utf-8", "", f"报价单{number}.pdf")
        )
        message.attach(file)
        message["Subject"] = Header(subject, "utf-8")
        return message, says

    def _reply(
        self, number: int, customer: tuple[str, str], request: GeneratedMail, *, headers_only: bool
    ) -> GeneratedMail:
        says = f"补充第{number}号请求的情况：问题仍然存在。"
        quoted = "\n".join(f"> {line}" for line in ["您好，", "", request.says])
        message = MIMEText(f"{says}\n\n在 2026年5月4日，您写道：\n{quoted}\n", "plain", "utf-8")
        self._address(message, customer, f"reply-{number}@{customer[1].partition('@')[2]}")
        parent = f"<request-{number}@{customer[1].partition('@')[2]}>"
        if headers_only:
            message["Subject"] = Header(f"另外一件事 {self.chance.randrange(10**6)}", "utf-8")
            message["In-Reply-To" if self.chance.random() < 0.5 else "References"] = parent
        else:
            message["Subject"] = Header("Re: 您的请求", "utf-8")
            message["In-Reply-To"] = message["References"] = parent
        return GeneratedMail(message.as_bytes(), customer[1], number, True, says)


def _bytes(message: Message, made_by: object) -> bytes:
    raw_subject = message["X-Raw-Subject"]
    if raw_subject is None:
        return message.as_bytes()
    del message["X-Raw-Subject"]
    return message.as_bytes().replace(
        b"Subject: SUBJECT", b"Subject: " + str(raw_subject).encode("gb18030")
    )
