"""Where the desk works under a role of its own: that role gets no right to change the history (PostgreSQL)."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

APPEND_ONLY: Final = (
    "history", "audit_entry", "audit_seal", "audit_root", "audit_leaf", "audit_archive",
    "audit_archived_chain", "audit_archived_entry",
)  # fmt: skip


def restrict(session: Session, role: str) -> tuple[str, ...]:
    """Grant `role` the use of all tables, and take UPDATE, DELETE and TRUNCATE of the append-only ones.

    Called as the owner of the tables. A prune is then the owner's work, too: `lanedesk audit archive` with the owner's
    DATABASE_URL. Returns the tables. Raises ValueError where the database knows no roles.
    """
    dialect = session.get_bind().dialect
    if dialect.name != "postgresql":
        raise ValueError("only PostgreSQL knows roles; on SQLite the triggers refuse")
    quoted = dialect.identifier_preparer.quote_identifier(role)
    session.execute(
        text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
    )
    session.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    for table in APPEND_ONLY:
        session.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}"))
    session.execute(text(f"REVOKE UPDATE, TRUNCATE ON audit_unsealed FROM {quoted}"))
    return APPEND_ONLY
