"""What can be done with imports: take a file in, say what its columns are, open the tickets.

Every function takes the caller's open write session; where one raises, nothing was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session, undefer

from desk.audit import actions
from desk.audit.operations import record
from desk.background.operations import submit
from desk.imports.columns import columns, content, custom_fields, guess
from desk.imports.models import TicketImport
from desk.imports.rows import Known, Row, check_fields, known_numbers, read_row, refuse_known
from desk.imports.sheet import ImportRefused, Sheet
from desk.people.models import User
from desk.tickets.types import BASIC
from engine.actors import Actor
from engine.operators import Text
from engine.timestamps import utc_now

IMPORT: Final = "tickets.import"
LEFT_ALONE: Final = timedelta(days=1)  # then a file that nobody started is forgotten

actions.declare({"tickets_imported": Text("Imported tickets", "导入工单")})


@dataclass(frozen=True)
class Checked:
    """All rows of an import as they would be opened, in their order."""

    rows: Sequence[Row]

    @property
    def wrong(self) -> list[Row]:
        """Those of which no ticket can be made."""
        return [row for row in self.rows if row.wrong]


def take_in(
    session: Session, sheet: Sheet, filename: str, *, actor: Actor, type_key: str = BASIC
) -> TicketImport:
    """Keep the rows of a file and guess what its columns are.

    Side effects: a row of ticket_import; what was left lying for a day is forgotten.
    """
    old = TicketImport.job_id.is_(None) & (TicketImport.created_at < utc_now() - LEFT_ALONE)
    session.execute(delete(TicketImport).where(old, TicketImport.rows.is_not(None)))
    offered = columns(custom_fields(session, type_key))
    made = TicketImport(
        owner_id=actor.id,
        by=actor.as_json(),
        filename=filename[:255],
        rows=sheet.pack(),
        count=len(sheet.lines),
        mapping=guess(sheet, offered, header=True),
        type=type_key,
    )
    session.add(made)
    session.flush()
    return made


def settle(
    session: Session,
    found: TicketImport,
    *,
    mapping: Sequence[str],
    header: bool,
    type_key: str,
    skip_known: bool,
) -> None:
    """Say what the columns are; an unknown field is none. The import stays locked for `start`.

    Raises ImportRefused for a field that two columns fill, and when it was started before.
    """
    session.refresh(found, with_for_update={"of": TicketImport})
    if found.job_id is not None:
        raise ImportRefused("This import was started already.", "此导入已经开始。")
    offered = {c.key: c for c in columns(custom_fields(session, type_key))}
    chosen = [key if key in offered else "" for key in mapping]
    twice = next((key for key in chosen if key and chosen.count(key) > 1), None)
    if twice is not None:
        title = offered[twice].title
        raise ImportRefused(
            f"Two columns are “{title.en}”. Choose one.", f"有两列都选择了“{title.zh}”，请只选一列。"
        )
    found.mapping, found.header = chosen, header
    found.type, found.skip_known = type_key, skip_known


def start(session: Session, found: TicketImport, *, actor: Actor) -> None:
    """Have the tickets opened in the background.

    Comes after `settle`. Side effects: the work, an entry in the audit log. Raises ImportRefused when
    there is no column for the title, or no row.
    """
    if "title" not in found.mapping:
        raise ImportRefused("Choose the column that holds the title.", "请选择标题所在的列。")
    count = found.count - found.header
    if count < 1:
        raise ImportRefused("There is no row below the headings.", "标题行下面没有数据。")
    found.job_id = submit(
        session,
        IMPORT,
        {"import": found.id},
        actor=actor,
        total=count,
        name=Text(f"Import of {found.filename}", f"导入 {found.filename}"),
    )
    record(
        session, "tickets_imported", actor=actor, subject=f"import:{found.id}",
        new={"path": found.filename, "tickets": count},
    )  # fmt: skip


def rows_of(session: Session, import_id: int) -> Sheet:
    """The rows of an import. Raises LookupError when they are gone."""
    found = session.get(TicketImport, import_id, options=[undefer(TicketImport.rows)])
    if found is None or found.rows is None:
        raise LookupError(f"the rows of import {import_id} are gone")
    return Sheet.unpack(found.rows)


def check(
    session: Session, found: TicketImport, sheet: Sheet, user: User, zone: str, *, closely: int = 0
) -> Checked:
    """All rows as they would be opened now; the first `closely` by the rules of their own fields, too."""
    known = Known.of(session, user, zone, found.type)
    lines = content(sheet, header=found.header)
    rows = [read_row(line, found.mapping, found.type, known) for line in lines]
    for row in rows[:closely]:
        check_fields(session, row, found.mapping, known)
    if found.skip_known:
        refuse_known(rows, known_numbers(session, rows), found.mapping)
    return Checked(rows)
