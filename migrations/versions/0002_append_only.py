"""append only: history and log refuse to be changed

No role may be trusted with a promise that the database can hold by itself. Rows of the history, of the log, of what
waits for its seal, of seals, roots and archives are never updated; they are deleted only where the prune's door stands
open: rows of a chain or entries of the log that an archive holds (`audit_archived_chain`, `audit_archived_entry`). On
PostgreSQL the triggers fire also for replication roles (ENABLE ALWAYS) and refuse TRUNCATE. Who copies one of these
tables to alter it, as Alembic does on SQLite, makes its triggers anew.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# table → when a row may be deleted; None: never
TABLES = {
    "history": "EXISTS (SELECT 1 FROM audit_archived_chain a WHERE a.instance_id = OLD.instance_id"
    " AND a.seq >= OLD.seq)",
    "audit_entry": "EXISTS (SELECT 1 FROM audit_archived_entry a WHERE a.entry_id = OLD.id)",
    "audit_seal": None,
    "audit_root": None,
    "audit_leaf": None,
    "audit_archive": None,
    "audit_archived_chain": None,
    "audit_archived_entry": None,
    "audit_unsealed": "TRUE",  # the sealer takes them away
}


def upgrade() -> None:
    """Apply."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, door in TABLES.items():
        if postgresql:
            _refuse_on_postgresql(table, door)
        else:
            _refuse_on_sqlite(table, door)


def downgrade() -> None:
    """Take back."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        if postgresql:
            op.execute(f"DROP TRIGGER append_only ON {table}")
            op.execute(f"DROP TRIGGER append_only_truncate ON {table}")
            op.execute(f"DROP FUNCTION append_only_{table}()")
        else:
            op.execute(f"DROP TRIGGER append_only_{table}_update")
            op.execute(f"DROP TRIGGER append_only_{table}_delete")


def _refuse_on_postgresql(table: str, door: str | None) -> None:
    opened = f"IF TG_OP = 'DELETE' AND {door} THEN RETURN OLD; END IF;" if door else ""
    op.execute(
        f"""
        CREATE FUNCTION append_only_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_LEVEL = 'ROW' THEN
                {opened}
            END IF;
            RAISE EXCEPTION 'rows of {table} are never changed (% refused)', TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION append_only_{table}()"
    )
    op.execute(
        f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION append_only_{table}()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate")


def _refuse_on_sqlite(table: str, door: str | None) -> None:
    op.execute(
        f"""
        CREATE TRIGGER append_only_{table}_update BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed (UPDATE refused)'); END
        """
    )
    when = f"WHEN NOT {door}" if door else ""
    op.execute(
        f"""
        CREATE TRIGGER append_only_{table}_delete BEFORE DELETE ON {table} {when}
        BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed (DELETE refused)'); END
        """
    )
