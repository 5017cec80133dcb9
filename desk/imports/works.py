"""The import itself, as background work: one transaction a row, so that one that fails stops no other."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.erasure import also_erases
from desk.background.kinds import work
from desk.background.models import BackgroundJob
from desk.background.operations import take_back
from desk.background.running import Running
from desk.contacts.models import Company, Contact
from desk.contacts.operations import create_company, create_contact, match_or_create
from desk.fields.values import FieldRefused, set_values
from desk.imports import files
from desk.imports.models import ImportedRow, TicketImport
from desk.imports.operations import IMPORT, check, rows_of
from desk.imports.rows import Row, Wrong
from desk.imports.sheet import Sheet
from desk.people.models import User
from desk.people.permissions import can
from desk.storage import Storage
from desk.tickets.batch.works import MOST_REASONS, REFUSALS
from desk.tickets.dispatching import dispatch_now
from desk.tickets.events import request_ticket
from desk.tickets.models import Message
from desk.tickets.operations import write_trail
from desk.tickets.relations.refusal import Refused
from desk.tickets.types import requested_type
from engine.operators import Text
from engine.timestamps import utc_now

WORDS = Text("Opening tickets", "正在新建工单")


@work(IMPORT, title=Text("Import of tickets", "导入工单"), permission="ticket.import")
def import_tickets(desk: Desk, task: Running) -> None:
    """`parameters`: import. A row that has its ticket is passed over, so a try after a crash makes none twice.

    The result counts {"made", "failed", "reasons"}; its file holds the rows that were refused.
    """
    import_id = int(task.parameters["import"])
    with desk.reading() as session:
        found = session.get_one(TicketImport, import_id)
        user = session.get_one(User, task.actor.id)
        sheet = rows_of(session, import_id)
        made = set(
            session.scalars(select(ImportedRow.row).where(ImportedRow.import_id == import_id))
        )
        # a row of a try before this one has its number in the database already
        rows = [
            row
            for row in check(session, found, sheet, user, desk.settings.timezone).rows
            if row.number not in made
        ]
    total = len(rows) + len(made)
    refused: dict[int, Text] = {}
    task.progress(len(made), total, WORDS)
    for place, row in enumerate(rows, len(made) + 1):
        if words := _open(desk, task, import_id, row):
            refused[row.number] = words
        task.progress(place, total, WORDS)
    if refused:
        _give_back(task, user.locale, found, refused, sheet)
    reasons = [
        {"place": str(number), "en": words.en, "zh": words.zh} for number, words in refused.items()
    ]
    task.result |= {
        "made": total - len(refused), "failed": len(refused), "reasons": reasons[:MOST_REASONS],
    }  # fmt: skip
    with desk.database.transaction() as session:
        session.execute(
            update(TicketImport).where(TicketImport.id == import_id).values(rows=None)
        )


def _open(desk: Desk, task: Running, import_id: int, row: Row) -> Text | None:
    """Open the ticket of a row; why not, if not."""
    if row.wrong:
        return _joined(row.wrong)
    try:
        with desk.database.transaction() as session:
            _make(session, desk, task, import_id, row)
    except FieldRefused as error:
        return error.reason
    except REFUSALS as error:
        return getattr(error, "words", None) or Text(str(error), str(error))
    return None


def _make(session: Session, desk: Desk, task: Running, import_id: int, row: Row) -> None:
    user = session.get_one(User, task.actor.id)
    if not can(user, "ticket.import"):
        raise Refused("You may not import tickets any more.", "您已不能导入工单。")
    kind = requested_type(session, row.type, user)
    ticket = request_ticket(
        session,
        desk.engine,
        actor=task.actor,
        contact_id=_customer(session, row),
        title=row.title,
        text=row.text,
        priority=row.priority or kind.priority,
        deadline=row.deadline,
        kind=kind,
    )
    session.add(
        ImportedRow(
            import_id=import_id, row=row.number, ticket_id=ticket.id, external=row.external
        )
    )
    write_trail(
        session, ticket, at=utc_now(), actor=task.actor, action="imported",
        data={"row": row.number, "import": import_id},
    )  # fmt: skip
    if row.fields:
        set_values(session, desk, ticket, row.fields, actor=task.actor)
    if row.team is not None or row.person is not None:
        dispatch_now(
            session, desk, ticket, team_id=row.team, person_id=row.person, actor=task.actor
        )


def _customer(session: Session, row: Row) -> int | None:
    """The customer of a row: found by mail or phone, else by name in the company; made where there is none.

    A known customer without a company is put into the row's; nothing else of them changes. A company
    without a person asks under its own name.
    """
    if not row.has_customer:
        return None
    company = _company(session, row.company) if row.company else None
    if row.mail or row.phone:
        contact = match_or_create(session, mail=row.mail, phone=row.phone, name=row.name or None)
    else:
        name = row.name or row.company
        same = select(Contact).where(Contact.name == name, Contact.company_id == company)
        contact = session.scalars(same.order_by(Contact.id)).first() or create_contact(
            session, name=name, company_id=company
        )
    if contact.company_id is None and company is not None:
        contact.company_id = company
        session.flush()
    return contact.id


def _company(session: Session, name: str) -> int:
    found = session.scalar(select(Company.id).where(Company.name == name).order_by(Company.id))
    return found or create_company(session, name=name).id


def _joined(wrong: list[Wrong]) -> Text:
    return Text(
        " ".join(one.words.en for one in wrong), "".join(one.words.zh for one in wrong)
    )


def _give_back(
    task: Running, locale: str, found: TicketImport, refused: dict[int, Text], sheet: Sheet
) -> None:
    stem = found.filename.rpartition(".")[0] or found.filename
    zh = locale.startswith("zh")
    name = f"{stem}-未导入.xlsx" if zh else f"{stem}-refused.xlsx"
    files.refused(
        task.file(name, files.XLSX),
        sheet,
        {number: words.in_(locale) for number, words in refused.items()},
        "未导入原因" if zh else "Why it was refused",
        header=found.header,
    )


@also_erases
def erase_imports(session: Session, storage: Storage, messages: list[Message]) -> None:
    """Rows that wait, and refused rows in files, hold customers' data in the open: they go, too."""
    jobs = select(BackgroundJob).where(
        BackgroundJob.kind == IMPORT, BackgroundJob.file_key.is_not(None)
    )
    take_back(session, storage, session.scalars(jobs).all())
    session.execute(
        update(TicketImport).where(TicketImport.job_id.is_(None)).values(rows=None)
    )
