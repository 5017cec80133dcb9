"""What an empty desk is given at its first start: the shipped diagrams, an administrator, and something to look at."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from desk.application import Desk
from desk.insight.operations import ensure_dashboards
from desk.people import operations, queries
from desk.people.passwords import generate_password, hash_password
from desk.portal.operations import DEFAULT_SLUG, ensure_form_link
from desk.settings import Settings
from desk.tickets.statuses import ensure_statuses
from desk.tickets.types import BASIC, SHIPPED, ensure_types
from desk.tickets.views.shipped import ensure_views
from engine.actors import SYSTEM
from lanedesk.demo import add_demo_fields, add_demo_people, add_demo_tickets
from lanedesk.deploying import LIBRARY, bundles, deploy_bundle

ADMINISTRATOR = "admin"


@dataclass(frozen=True)
class Welcome:
    """What the person at the terminal is told. `password` is known at the first start only."""

    password: str | None = None
    people: tuple[str, ...] = ()

    def lines(self, settings: Settings) -> list[str]:
        """The words that follow the address, line by line."""
        lines = []
        if self.password:
            lines.append(f"  first password of {ADMINISTRATOR}: {self.password}   (shown only now)")
        else:
            command = os.path.relpath(Path(sys.executable).with_name("lanedesk"))
            lines.append(f"  forgot the password? {command} user password {ADMINISTRATOR}")
        if self.people:
            lines.append(f"  demo people, with the same password: {', '.join(self.people)}")
        lines.append(f"  customers' form: {settings.public_url}/f/{DEFAULT_SLUG}")
        protocol = "LMTP" if settings.lmtp else "SMTP"
        lines.append(
            f"  mail for the desk: {protocol} at {settings.smtp_listen}, to {settings.mail_address}"
        )
        return [*lines, "  Ctrl-C ends it"]


def first_start(
    desk: Desk, *, demo: bool = True, say: Callable[[str], None] = lambda _line: None
) -> Welcome:
    """Fill a desk that has nobody in it; one that has somebody is left as it is. `say` hears what takes a while.

    Side effects, in one go each: the diagrams of bpmn_library are deployed, the administrator and the customers' form
    are made, and with `demo` people and tickets.
    """
    with desk.database.reading() as session:
        if queries.count_users(session):
            return Welcome()
    say("First start: deploying the diagrams that come with the desk …")
    for _name, bundle in bundles([LIBRARY]):
        deploy_bundle(desk, bundle, note=f"shipped with Lanedesk: {bundle.folder}")
    say(f"First start: adding the first people{' and tickets to look at' if demo else ''} …")
    password = generate_password()
    hashed = hash_password(password)
    with desk.database.transaction() as session:
        operations.create_user(
            session,
            login=ADMINISTRATOR,
            name="管理员" if desk.settings.locale.startswith("zh") else "Administrator",
            password_hash=hashed,
            roles=["administrator"],
            locale=desk.settings.locale,
            must_change_password=False,  # it was made by us, not thought up by somebody
            actor=SYSTEM,
        )
        ensure_form_link(session, actor=SYSTEM)
        ensure_types(session)
        ensure_statuses(session)
        ensure_views(session)
        ensure_dashboards(session, actor=SYSTEM)
        _ensure_forms_of_types(session)
        people = add_demo_people(session, hashed, locale=desk.settings.locale) if demo else ()
        if demo:
            add_demo_fields(session)
    if demo:
        add_demo_tickets(desk)
    return Welcome(password, people)


def _ensure_forms_of_types(session: Session) -> None:
    """A customers' form for each type that ships with one, beside the general one."""
    for key, kind in SHIPPED.items():
        if key != BASIC and kind.form_key is not None:
            ensure_form_link(
                session,
                actor=SYSTEM,
                slug=key,
                title=kind.name,
                message=f"form.{kind.form_key}",
                process_key=kind.process_key,
                form_key=kind.form_key,
            )
