"""Settings: the public forms of this desk, with their addresses and QR codes."""

from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.portal.models import FormLink
from desk.portal.operations import LinkRefused, create_form_link, set_active
from desk.portal.pages import blueprint
from desk.portal.pages.forms import link_address
from desk.portal.qr import qr_svg
from desk.portal.queries import all_links, link_by_id, offers
from desk.web import navigation

PERMISSION = "form_link.edit"


navigation.register_setting(
    navigation.SettingsTab("forms", _l("Form links"), "portal.link_list", PERMISSION, 30)
)


@blueprint.get("/settings/forms")
@requires(PERMISSION)
def link_list() -> Response:
    """All form links."""
    return _show()


@blueprint.post("/settings/forms")
@requires(PERMISSION)
def new_link() -> Any:
    """Make a form link. What is wrong comes back as it was filled in."""
    given = {
        name: request.form.get(name, "").strip()
        for name in ("slug", "title_zh", "title_en", "offer")
    }
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            chosen = next(
                (o for o in offers(session, desk.engine) if o.value == given["offer"]), None
            )
            if chosen is None:
                return _show(given, {"offer": _("Please choose a form that is deployed.")})
            link = create_form_link(
                session,
                slug=given["slug"].lower(),
                title={"zh": given["title_zh"], "en": given["title_en"]},
                message=chosen.message,
                process_key=chosen.process_key,
                form_key=chosen.form_key,
                actor=current_actor(),
            )
    except LinkRefused as refused:
        return _show(given, {refused.field: _refused_words(refused)})
    flash(_("The form is open at %(address)s", address=link_address(link)), "success")
    return redirect(url_for("portal.link_list"), 303)


@blueprint.post("/settings/forms/<int:link_id>")
@requires(PERMISSION)
def change_link(link_id: int) -> Any:
    """Open or close a form link."""
    with current_desk().database.transaction() as session:
        link = link_by_id(session, link_id)
        if link is None:
            abort(404)
        opened = request.form.get("active") == "1"
        set_active(session, link, active=opened, actor=current_actor())
    flash(_("The form is open.") if link.active else _("The form is closed."), "success")
    return redirect(url_for("portal.link_list"), 303)


def _show(given: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> Response:
    desk = current_desk()
    with desk.reading() as session:
        links = all_links(session)
        offered = offers(session, desk.engine)
    html = render_template(
        "portal/links.html",
        form_links=[_row(link) for link in links],
        offered=offered,
        given=given or {},
        errors=errors or {},
    )
    return make_response(html, 422 if errors else 200)


def _row(link: FormLink) -> dict[str, Any]:
    address = link_address(link)
    code = Markup(qr_svg(address, inline=True))  # noqa: S704 - made of modules, not of text
    return {"link": link, "address": address, "qr": code}


def _refused_words(refused: LinkRefused) -> str:
    return {
        "slug": _("Use small letters, digits and hyphens (not first or last), at most 64 of them."),
        "taken": _("There is a form at this address already."),
        "title": _("Give the form a title in at least one language."),
    }[refused.reason]
