"""`lanedesk audit …`: what an auditor and an administrator do with the history from a command line."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from desk.application import Desk
from desk.audit import erasure, retention, roots, signing
from desk.audit.archives import signature_of, verify_archive
from desk.audit.findings import Finding
from desk.audit.sealing import seal_new
from desk.audit.verify import verify
from engine.actors import SYSTEM
from engine.timestamps import utc_now
from lanedesk.rooms import rooms

SHOWN = 200  # findings printed; all are counted


def verify_all(
    desk: Desk, *, folder: Path | None, public_key: Path | None, archives: tuple[Path, ...]
) -> int:
    """Print what is wrong, one a line, and what was looked at; 1 when something is."""
    key = signing.load_public(public_key) if public_key else None
    if archives:
        return _verify_files(archives, key)
    seal_new(desk.database)
    report = verify(desk.database, desk.storage, roots=folder, public_key=key)
    _print(report.findings)
    speed = report.rows / report.seconds if report.seconds else 0
    click.echo(
        f"{report.rows:,} rows of history, {report.entries:,} entries of the log, {report.archives} archives, "
        f"{report.roots} roots in {report.seconds:.1f} s ({speed:,.0f} rows/s): "
        + ("nothing is wrong" if report.clean else f"{len(report.findings):,} FAULTS")
    )
    return 0 if report.clean else 1


def _verify_files(paths: tuple[Path, ...], key: Ed25519PublicKey | None) -> int:
    """Archive files by themselves: no database is asked."""
    faults = 0
    for path in paths:
        with path.open("rb") as stream:
            content = verify_archive(stream)
            found = list(content.findings)
            if key is not None and not found:
                signature, digest = signature_of(stream)
                if not signing.is_signed(key, signature or None, digest):
                    found.append(Finding("signature", "archive"))
        _print(found)
        faults += len(found)
        click.echo(
            f"{path}: {content.rows:,} rows, {len(content.chains):,} chains: "
            + ("nothing is wrong" if not found else f"{len(found)} FAULTS")
        )
    return 1 if faults else 0


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings[:SHOWN]:
        click.echo(f"FAULT  {finding.words()}")


def take_root(desk: Desk) -> None:
    """Make a root now, and print it."""
    seal_new(desk.database)
    root = roots.take_root(desk.database, desk.settings)
    click.echo(root.as_json().decode())


def archive(desk: Desk, now: datetime | None = None) -> None:
    """Archive and prune what is due by the rules."""
    seal_new(desk.database)
    with desk.database.reading() as session:
        kept = retention.rules(session)
    if not kept:
        click.echo("there is no rule, so all is kept: see `lanedesk audit keep --help`")
        return
    done = retention.archive_due(
        desk.database, desk.storage, desk.settings, now=now or utc_now(), actor=SYSTEM
    )
    click.echo(f"{done.rows:,} rows in {done.archives} archives ({done.chains:,} processes)")


def keep(desk: Desk, scope: str | None, days: int | None) -> None:
    """Set a rule, or print all."""
    if scope is not None:
        with desk.database.transaction() as session:
            retention.set_rule(session, scope, days, actor=SYSTEM)
    with desk.database.reading() as session:
        for name, kept in sorted(retention.rules(session).items()):
            click.echo(f"{name}: {kept} days")


def erase(desk: Desk, contact_id: int, reason: str) -> None:
    """Erase a customer's personal data."""
    rooms("erasure")
    try:
        with desk.database.transaction() as session:
            done = erasure.erase_contact(
                session, desk.storage, contact_id, actor=SYSTEM, reason=reason
            )
    except erasure.NoSuchContact as error:
        raise click.ClickException(f"there is no customer {contact_id}") from error
    click.echo(
        f"erased: {done.messages} messages and {done.files} files of {done.tickets} tickets; "
        f"{done.keys} keys destroyed"
    )


def rights(desk: Desk, role: str) -> None:
    """Give a PostgreSQL role all that the desk needs, and no right to change what is only ever added to."""
    from desk.audit.rights import restrict

    with desk.database.transaction() as session:
        tables = restrict(session, role)
    click.echo(f"{role} may not update, delete or truncate: {', '.join(tables)}")
