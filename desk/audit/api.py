"""The audit log for programs: what happened, newest first."""

from typing import Any

from sqlalchemy import select

from desk.application import current_desk
from desk.audit.models import AuditEntry
from desk.audit.personal import revealed
from desk.audit.queries import own_entries
from desk.audit.schemas import AuditPage, AuditQuery
from desk.audit.words import entry_sentence
from desk.people.access import current_user, requires
from desk.web.api import ApiBlueprint
from desk.web.api.paging import page_of

blueprint = ApiBlueprint("audit", description="The audit log")

COLUMNS = ("id", "at", "address", "action", "subject", "ticket_id", "reason")


@blueprint.route("/audit")
@requires("history.read")
@blueprint.arguments(AuditQuery, location="query")
@blueprint.response(200, AuditPage)
def list_entries(query: dict[str, Any]) -> dict[str, Any]:
    """Entries, newest first; those that the reader may see. Processes' rows come by `/exports`."""
    wanted = select(AuditEntry)
    for name, column in (
        ("person", AuditEntry.actor_ref), ("action", AuditEntry.action),
        ("subject", AuditEntry.subject), ("ticket_id", AuditEntry.ticket_id),
    ):  # fmt: skip
        if name in query:
            wanted = wanted.where(column == query[name])
    if "since" in query:
        wanted = wanted.where(AuditEntry.at >= query["since"])
    if "until" in query:
        wanted = wanted.where(AuditEntry.at < query["until"])
    mine = own_entries(current_user())
    if mine is not None:
        wanted = wanted.where(mine)
    with current_desk().reading() as session:

        def shape(entry: AuditEntry) -> dict[str, Any]:
            old, new = revealed(session, entry.old), revealed(session, entry.new)
            return {
                **{name: getattr(entry, name) for name in COLUMNS},
                "actor": revealed(session, entry.actor), "old": old, "new": new,
                "words": entry_sentence(entry.action, old, new, "en"),
            }  # fmt: skip

        return page_of(
            session, wanted, [AuditEntry.id], limit=query["limit"], after=query["after"],
            descending=True, shape=shape,
        )  # fmt: skip
