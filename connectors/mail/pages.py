"""What an administrator sees of raw mail: the bytes as they came, to look into or to hand on."""

from flask import Blueprint, Response, abort

from connectors.mail.models import RawMail
from connectors.mail.raw_store import raw_bytes
from desk.application import current_desk
from desk.people.access import requires

blueprint = Blueprint("mail", __name__)


@blueprint.get("/mail/raw/<int:raw_mail_id>")
@requires("incident.resolve")
def raw(raw_mail_id: int) -> Response:
    """One raw mail, byte for byte, as a file; never shown in the page, whatever it holds."""
    desk = current_desk()
    with desk.database.reading() as session:
        mail = session.get(RawMail, raw_mail_id)
        if mail is None:
            abort(404)
        content = raw_bytes(desk.storage, mail)
    return Response(
        content,
        mimetype="message/rfc822",
        headers={
            "Content-Disposition": f'attachment; filename="mail-{raw_mail_id}.eml"',
            "X-Content-Type-Options": "nosniff",
        },
    )
