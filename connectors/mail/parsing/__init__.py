"""Raw mail to a value: pure functions, no database, no network, no other part of the house.

`parse_mail` is total but for `MailUnparseable`; `thread_ids` says where a mail belongs;
`quotation` splits new words from quoted ones wherever text comes from.
"""

from connectors.mail.parsing.cleaning import clean_html
from connectors.mail.parsing.mail import parse_mail, thread_ids
from connectors.mail.parsing.quotation import split_html, split_text
from connectors.mail.parsing.values import (
    Address,
    DeliveryAction,
    DeliveryReport,
    Limits,
    MailUnparseable,
    ParsedAttachment,
    ParsedMail,
    RecipientReport,
)

__all__ = [
    "Address",
    "DeliveryAction",
    "DeliveryReport",
    "Limits",
    "MailUnparseable",
    "ParsedAttachment",
    "ParsedMail",
    "RecipientReport",
    "clean_html",
    "parse_mail",
    "split_html",
    "split_text",
    "thread_ids",
]
