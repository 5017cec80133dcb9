"""What other desks call, what programs can do with transfers, and the vendors themselves for administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import request
from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, NotFound

from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.tickets.api import stored_files
from desk.tickets.events import NobodyWaits
from desk.tickets.models import Ticket
from desk.tickets.relations.api import seen, workable
from desk.tickets.relations.refusal import Refused
from desk.vendors import operations, wire
from desk.vendors.models import Transfer, Vendor
from desk.vendors.operations import Choice, Parcel, Report
from desk.vendors.queries import all_vendors, transfer_of, transfers_of, vendor_by_key
from desk.vendors.schemas import (
    Heard,
    NewTransfer,
    ParcelSchema,
    Receipt,
    ReportSchema,
    TransferList,
    TransferReturn,
    TransferSchema,
    VendorList,
    VendorSchema,
)
from desk.web.api import ApiBlueprint
from engine.errors import DiagramError
from engine.operators import OperatorError

log = structlog.get_logger(__name__)

blueprint = ApiBlueprint("vendors", description="Other vendors' desks, and tickets that go over")


@blueprint.route("/transfers", methods=["POST"])
@requires("ticket.create")
@blueprint.arguments(ParcelSchema)
@blueprint.response(201, Receipt)
def take_transfer(given: dict[str, Any]) -> dict[str, Any]:
    """A ticket from another desk, signed by it. Sent twice, it is taken once."""
    desk = current_desk()
    with desk.reading() as session:
        _caller(session)
    parcel = Parcel(**given)
    files = stored_files(given["attachments"])
    with _refusing(), desk.database.transaction() as session:
        vendor = _caller(session)
        log.info("transfer.received", vendor=vendor.key, uid=str(parcel.uid), cause=_cause())
        transfer = operations.take_in(
            session, desk.engine, vendor, parcel, files, actor=current_actor()
        )
        ticket = session.get_one(Ticket, transfer.ticket_id)
        return {"uid": transfer.uid, "number": ticket.number, "state": str(ticket.state)}


@blueprint.route("/transfers/reports", methods=["POST"])
@requires("ticket.create")
@blueprint.arguments(ReportSchema)
@blueprint.response(200, Heard)
def hear_report(given: dict[str, Any]) -> dict[str, Any]:
    """What became of a ticket that went over, signed by the other desk. 410 when the transfer has ended."""
    desk = current_desk()
    with desk.reading() as session:
        _caller(session)
    report = Report(**given)
    files = stored_files(given["attachments"])
    try:
        with _refusing(), desk.database.transaction() as session:
            vendor = _caller(session)
            log.info("transfer.heard", vendor=vendor.key, uid=str(report.uid), cause=_cause())
            operations.hear(session, desk.engine, vendor, report, files, actor=current_actor())
    except operations.UnknownTransfer:
        raise NotFound("There is no such transfer.") from None
    except operations.TransferOver as over:
        abort(410, message=f"This transfer has ended: {over}.")
    except operations.SeenBefore:
        log.info("transfer.heard_before", uid=str(report.uid), id=report.id)
    return {"id": report.id}


@blueprint.route("/tickets/<int:ticket_id>/transfers")
@requires("ticket.read")
@blueprint.response(200, TransferList)
def list_transfers(ticket_id: int) -> dict[str, Any]:
    """Where a ticket came from and went to."""
    with current_desk().reading() as session:
        return {"items": transfers_of(session, seen(session, ticket_id).id)}


@blueprint.route("/tickets/<int:ticket_id>/transfers", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(NewTransfer)
@blueprint.response(201, TransferSchema)
def pass_on(given: dict[str, Any], ticket_id: int) -> Transfer | None:
    """Pass a ticket on to another vendor's desk."""
    desk = current_desk()
    key = given.pop("vendor")
    with _refusing(), desk.database.transaction() as session:
        vendor = vendor_by_key(session, key)
        if vendor is None:
            raise Refused("There is no such vendor.", "没有该服务商。", "vendor")
        made = operations.pass_on(
            session,
            desk.engine,
            workable(session, ticket_id),
            vendor,
            Choice(**given),
            actor=current_actor(),
        )
    with desk.reading() as session:
        return transfer_of(session, made.uid, "out")


@blueprint.route("/tickets/<int:ticket_id>/transfers/return", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(TransferReturn)
@blueprint.response(204)
def send_back(given: dict[str, Any], ticket_id: int) -> None:
    """Send a ticket back to the desk that it came from."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        operations.send_back(
            session,
            desk.engine,
            workable(session, ticket_id),
            reason=given["reason"],
            actor=current_actor(),
        )


@blueprint.route("/vendors")
@requires("settings.edit")
@blueprint.response(200, VendorList)
def list_vendors() -> dict[str, Any]:
    """All vendors, also those that were withdrawn."""
    with current_desk().reading() as session:
        return {"items": all_vendors(session)}


@blueprint.route("/vendors", methods=["POST"])
@requires("settings.edit")
@blueprint.arguments(VendorSchema)
@blueprint.response(201, VendorSchema)
def add_vendor(given: dict[str, Any]) -> Vendor:
    """Add a vendor."""
    return _saved(None, given)


@blueprint.route("/vendors/<int:vendor_id>", methods=["PUT"])
@requires("settings.edit")
@blueprint.arguments(VendorSchema)
@blueprint.response(200, VendorSchema)
def change_vendor(given: dict[str, Any], vendor_id: int) -> Vendor:
    """Change a vendor; a token or secret that is left out stays. `active: false` withdraws it."""
    return _saved(vendor_id, given)


def _saved(vendor_id: int | None, given: dict[str, Any]) -> Vendor:
    with _refusing(), current_desk().database.transaction() as session:
        kept = session.get(Vendor, vendor_id) if vendor_id is not None else None
        if vendor_id is not None and kept is None:
            raise NotFound
        return operations.save_vendor(session, kept, given, actor=current_actor())


def _caller(session: Session) -> Vendor:
    """The vendor that sent this request; it ends with 403 where the signature is not theirs, or they were withdrawn."""
    vendor = vendor_by_key(session, request.headers.get(wire.VENDOR, ""))
    given = request.headers.get(wire.SIGNATURE, "")
    if vendor is None or not wire.signed(vendor, request.get_data(), given):
        log.warning("transfer.unsigned", vendor=request.headers.get(wire.VENDOR, "")[:64])
        raise Forbidden("The signature is not that of a vendor of this desk.")
    if not vendor.active:
        raise Forbidden("This desk exchanges no tickets with you any more.")
    return vendor


def _cause() -> str:
    return request.headers.get(wire.CAUSATION, "")[:64]


@contextmanager
def _refusing() -> Iterator[None]:
    """What is refused, and what a diagram refuses, as 422 with the words."""
    try:
        yield
    except Refused as refused:
        errors = {"json": {refused.field: [str(refused)]}} if refused.field else None
        abort(422, message=str(refused), errors=errors)
    except (NobodyWaits, OperatorError, DiagramError) as error:
        abort(422, message=str(error))
