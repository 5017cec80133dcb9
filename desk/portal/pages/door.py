"""What all pages for customers share: their headers, their addresses, and what is told when a page is not there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from desk.application import current_desk
from desk.people.access import public
from desk.portal import page_keys
from desk.portal.pages import blueprint
from desk.portal.queries import first_link
from desk.portal.rate import Door, count_use
from desk.portal.tracking import shortened
from desk.web.csrf import csrf_exempt
from desk.web.localisation import LOCALES, language_links, words
from desk.web.security import csp_nonce
from engine.timestamps import utc_now

CUSTOMER_PAGE = "_customer_page"
# A field that people do not see; programs that fill in everything give themselves away.
TRAP = "__website"

View = TypeVar("View", bound=Callable[..., Any])


def customer_page(view: View) -> View:
    """Mark a view as one for everybody, with the headers of `_harden`.

    It needs no CSRF token, as there is no account whose authority could be abused; what is sent is held against the
    page's own key instead (desk.portal.page_keys), which works without cookies.
    """
    setattr(view, CUSTOMER_PAGE, True)
    return csrf_exempt(public(view))


@blueprint.before_app_request
def keep_tokens_out_of_logs() -> None:
    """From here on the request is known by a path that does not open a tracking page, whatever becomes of it."""
    request.path = shortened(request.path)


@blueprint.after_request
def harden(response: Response) -> Response:
    """No scripts, no referrer, no search engine, no shared cache."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, CUSTOMER_PAGE, False):
        headers = response.headers
        headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'self' 'nonce-{csp_nonce()}'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Robots-Tag"] = "noindex, nofollow"
        if "Cache-Control" not in headers:
            response.cache_control.private = True
            response.cache_control.no_cache = True
    return response


@blueprint.context_processor
def languages() -> dict[str, Any]:
    """The links to the other languages, for pages whose path is not the one to come back to."""
    links = language_links()
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, CUSTOMER_PAGE, False) and request.endpoint:
        for link, locale in zip(links, LOCALES, strict=True):
            link["href"] = url_for(request.endpoint, **(request.view_args or {}), lang=locale)
    return {"languages": links}


def here(endpoint: str, **values: Any) -> str:
    """The path of a page, in the language that was asked for by address (a phone may keep no cookie)."""
    chosen = request.args.get("lang")
    return url_for(endpoint, **values, lang=chosen if chosen in LOCALES else None)


def closed(title: str, text: str, status: int, *, ask_anew: bool = False) -> Response:
    """A page that says why there is nothing here; with `ask_anew` a link to a form."""
    return make_response(
        render_template(
            "portal/closed.html", title=title, text=text, ask_anew=anew() if ask_anew else None
        ),
        status,
    )


def anew() -> dict[str, str] | None:
    """Where a customer may ask anew: `href` and `label` of the first open form."""
    with current_desk().reading() as session:
        link = first_link(session)
    if link is None:
        return None
    return {"href": here("portal.form", slug=link.slug), "label": words(link.title)}


def page_key(subject: str) -> str:
    """A new key for the page that is being made."""
    return page_keys.new_page_key(current_desk().settings, subject)


def sent_key(subject: str) -> str | None:
    """What makes the page unique that was sent; None when it was not ours, too old, or came from another site."""
    if page_keys.from_elsewhere(request.headers):
        return None
    sent = request.form.get(page_keys.FIELD, "")
    return page_keys.read_page_key(current_desk().settings, sent, subject)


def too_often(door: Door) -> str:
    """Count this request; words for the customer when their network has sent too much, else nothing."""
    desk = current_desk()
    with desk.database.transaction() as session:
        wait = count_use(
            session, desk.settings, door=door, address=request.remote_addr or "", now=utc_now()
        )
    return "" if wait is None else _wait_words(wait)


class NotLetIn(Exception):
    """A form is not taken as it was sent: `words` for its customer, and the `status` of the answer."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.words, self.status = words, status


def let_in(subject: str) -> str:
    """What makes a public form's page unique that was sent, with its trap untouched. Raises NotLetIn.

    Side effect: the request is counted.
    """
    unique = sent_key(subject)
    if unique is None:
        raise NotLetIn(stale_words(), 400)
    if request.form.get(TRAP):
        raise NotLetIn(_trap_words(), 422)
    if problem := too_often("form"):
        raise NotLetIn(problem, 429)
    return unique


def _wait_words(wait: timedelta) -> str:
    minutes = -(-wait // timedelta(minutes=1))
    return ngettext(
        "Very much has been sent from your network. Please send it again in %(num)d minute.",
        "Very much has been sent from your network. Please send it again in %(num)d minutes.",
        minutes,
    )


def stale_words() -> str:
    """For a page whose key is not good."""
    return _("This page had been open for too long. Please check it and send it again.")


def failed_words() -> str:
    """For a diagram that could not go on."""
    return _(
        "Something went wrong on our side, so it was not sent. Please try again in a few minutes."
    )


def _trap_words() -> str:
    """For a page whose hidden field was filled in."""
    return _(
        "A field that is not meant for people was filled in, perhaps by your browser. "
        "It is empty again: please send the form once more."
    )
