"""Adding and changing mailboxes, and asking their servers whether they can be reached."""

import smtplib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from imapclient.exceptions import IMAPClientError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.mail.addressing import split_address
from connectors.mail.delivering import connected
from connectors.mail.imap import look_in
from connectors.mail.mailboxes.models import IMAP, LISTENER, OF_SETTINGS, WAYS, MailboxRow
from connectors.mail.mailboxes.queries import Mailbox, read_anew
from connectors.mail.mailboxes.sealing import SealBroken, seal
from desk.audit import actions
from desk.contacts.addresses import InvalidAddress, normal_mail
from desk.people.log import record
from desk.people.models import Team
from desk.settings import Settings, SettingsError
from desk.tickets.relations.refusal import Refused
from desk.tickets.types import type_by_key
from engine.actors import Actor
from engine.database import after_commit
from engine.operators import Text

actions.declare({"mailbox_saved": Text("Saved a mailbox", "保存邮箱")})

_LOGGED: Final = (
    "address", "name", "aliases", "type", "team_id", "way", "imap_url", "smtp_url", "is_default",
    "active",
)  # fmt: skip
MOST_ALIASES: Final = 50


def row_of_settings(session: Session) -> MailboxRow:
    """What is kept of the mailbox of the settings; a new row where nothing was set of it yet."""
    found = session.scalars(select(MailboxRow).where(MailboxRow.address == OF_SETTINGS)).first()
    return found or _new()


def save_first(
    session: Session, settings: Settings, given: Mapping[str, Any], *, actor: Actor
) -> MailboxRow:
    """Change the mailbox of the settings, which keeps its address and servers and is never withdrawn.

    Side effects and errors as of `save_mailbox`.
    """
    row = row_of_settings(session)
    old = _facts(row)
    _set_common(session, settings, row, given)
    return _kept(session, row, old, actor)


def save_mailbox(
    session: Session,
    settings: Settings,
    row: MailboxRow | None,
    given: Mapping[str, Any],
    *,
    actor: Actor,
) -> MailboxRow:
    """Make or change a mailbox. Without a password the one that there is stays, as long as the server is the same.

    Side effects: where it becomes the default one, the one before is not any more; a line in the log, without
    passwords. Raises Refused.
    """
    row = row or _new()
    old = _facts(row)
    row.address = _address(str(given.get("address") or ""), "address")
    _set_servers(settings, row, given)
    row.active = bool(given.get("active"))
    if given.get("is_default") and not row.active:
        raise Refused("Make another one the default first.", "请先将另一个邮箱设为默认。", "active")
    _set_common(session, settings, row, given)
    return _kept(session, row, old, actor)


def troubles(settings: Settings, mailbox: Mailbox) -> Iterator[str]:
    """What its servers say when the desk signs in to fetch and to send; nothing where both can be reached."""
    try:
        if account := mailbox.account(settings):
            look_in(account)
    except SealBroken:
        yield "its password must be entered again: LANEDESK_SECRET is another one now"
        return
    except (IMAPClientError, SettingsError, OSError) as error:
        yield f"cannot be read: {error}"
    try:
        if server := mailbox.sending(settings):
            connected(server).close()
    except (smtplib.SMTPException, SettingsError, OSError, SealBroken) as error:
        yield f"cannot send: {error}"


def _new() -> MailboxRow:
    return MailboxRow(
        address=OF_SETTINGS, name="", aliases=[], way=LISTENER, imap_url="", imap_password="",
        smtp_url="", smtp_password="", is_default=False, active=True, error="",
    )  # fmt: skip


def _set_common(
    session: Session, settings: Settings, row: MailboxRow, given: Mapping[str, Any]
) -> None:
    row.name = " ".join(str(given.get("name") or "").split())[:120]
    row.aliases = [_address(one, "aliases") for one in given.get("aliases") or ()][:MOST_ALIASES]
    with session.no_autoflush:
        _refuse_taken(session, settings, row)
        row.type = _type(session, given.get("type"))
        row.team_id = _team(session, given.get("team_id"))
    row.is_default = bool(given.get("is_default"))


def _kept(session: Session, row: MailboxRow, old: Mapping[str, Any], actor: Actor) -> MailboxRow:
    row.error = ""
    session.add(row)
    session.flush()
    if row.is_default:
        others = MailboxRow.is_default, MailboxRow.id != row.id
        session.execute(update(MailboxRow).where(*others).values(is_default=False))
    subject = f"mailbox:{row.id}"
    record(session, "mailbox_saved", actor=actor, subject=subject, old=old, new=_facts(row))
    after_commit(session, "mailboxes", lambda: read_anew(session))
    return row


def _set_servers(settings: Settings, row: MailboxRow, given: Mapping[str, Any]) -> None:
    row.way = str(given.get("way") or LISTENER)
    if row.way not in WAYS:
        raise Refused("Choose one of the list.", "请选择列表中的选项。", "way")
    for kind, schemes in (("imap", ("imap", "imaps")), ("smtp", ("smtp", "smtps"))):
        url, password = _server(str(given.get(f"{kind}_url") or ""), kind, schemes)
        password = password or str(given.get(f"{kind}_password") or "")
        if url != getattr(row, f"{kind}_url") or password:  # a password is for the server that it was given for
            setattr(row, f"{kind}_password", seal(settings.secret_key, password))
        setattr(row, f"{kind}_url", url)
    if row.way == IMAP and not row.imap_url:
        raise Refused("Say where its mail is fetched.", "请填写收信服务器。", "imap_url")


def _server(url: str, kind: str, schemes: tuple[str, ...]) -> tuple[str, str]:
    """The address of a server without its password, and the password. Raises Refused."""
    url = url.strip()
    if not url:
        return "", ""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or (kind == "imap" and not parts.username) or len(url) > 1000:
        raise Refused(
            f"It is {schemes[1]}://user@host{'/folder' if kind == 'imap' else ''}.",
            f"格式为 {schemes[1]}://用户@主机{'/文件夹' if kind == 'imap' else ''}。",
            f"{kind}_url",
        )
    password = parts.password or ""
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=f"{user}{host}")), password


def _address(raw: str, field: str) -> str:
    try:
        normal_mail(raw.strip())
    except InvalidAddress as error:
        raise Refused("This is not a mail address.", "邮箱地址不正确。", field) from error
    local, domain = split_address(raw)
    if "+" in raw.partition("@")[0]:
        raise Refused("An address of the desk has no plus.", "服务台邮箱不能含加号。", field)
    return f"{local}@{domain}"[:254]


def _refuse_taken(session: Session, settings: Settings, row: MailboxRow) -> None:
    """An address leads to one mailbox only."""
    first = split_address(settings.mail_address)
    taken = {first} if row.address != OF_SETTINGS else set()
    for other in session.scalars(select(MailboxRow)):
        if other is not row:
            taken |= {split_address(one) for one in (other.address, *other.aliases) if one}
    own = split_address(row.address) if row.address != OF_SETTINGS else first
    if own in taken:
        raise Refused("There is a mailbox with this address.", "已有此地址的邮箱。", "address")
    names = [split_address(one) for one in row.aliases]
    if (taken | {own}) & set(names) or len(set(names)) < len(names):
        raise Refused("One of them is in use already.", "其中有地址已被使用。", "aliases")


def _type(session: Session, key: Any) -> str | None:
    if not key:
        return None
    found = type_by_key(session, str(key))
    if found is None or not found.active:
        raise Refused("Choose one of the list.", "请选择列表中的选项。", "type")
    return found.key


def _team(session: Session, number: Any) -> int | None:
    if number in (None, ""):
        return None
    team = session.get(Team, int(number)) if str(number).isdigit() else None
    if team is None or not team.active:
        raise Refused("Choose one of the list.", "请选择列表中的选项。", "team_id")
    return team.id


def _facts(row: MailboxRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _LOGGED}
