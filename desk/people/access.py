"""Who is asking, and may they? The only place where a request becomes a person and a permission is checked.

Every view is marked `@requires(…)` or `@public`; an unmarked one is refused (see `guard`). A person is recognised by
the signed session cookie, a program by `Authorization: Bearer …` (RFC 6750).
"""

import functools
import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from desk.application import Desk, current_desk
from desk.people.models import ApiToken, User
from desk.people.permissions import PERMISSIONS, can
from engine.actors import Actor
from engine.timestamps import utc_now

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

ACCESS = "_access"  # a view's attribute: "public", or the tuple of permissions it requires
SESSION_LIFETIME = timedelta(days=7)  # however active: then the password is asked for again
TOKEN_USE_NOTED_EVERY = timedelta(minutes=1)


def public(view: View) -> View:
    """Mark a view that needs nobody signed in."""
    setattr(view, ACCESS, "public")
    return view


def requires(*permissions: str) -> Callable[[View], View]:
    """Let in only who is signed in and holds all of these permissions; none named: anybody signed in.

    Nobody signed in: a page sends to the login and comes back, a program gets 401. Not allowed: 403.
    Somebody whose first password must still be changed is sent to do that.
    """
    for permission in permissions:
        if permission not in PERMISSIONS:
            raise ValueError(f"there is no permission {permission!r}: see desk.people.permissions")

    def mark(view: View) -> View:
        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            user = signed_in_user()
            if user is None:
                return _ask_to_sign_in()
            if user.must_change_password and request.endpoint != "people.change_password":
                return _ask_to_change_password()
            for permission in permissions:
                if not can(user, permission):
                    log.warning("access.refused", permission=permission, user=user.login)
                    abort(403)
            return current_app.ensure_sync(view)(*args, **kwargs)

        setattr(checked, ACCESS, permissions)
        return cast(View, checked)

    return mark


def access_of(view: Callable[..., Any], method: str) -> str | tuple[str, ...] | None:
    """How a view is marked for an HTTP method: "public", the permissions it requires, or None if it is not marked."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)
        return getattr(handler, ACCESS, None)
    return getattr(view, ACCESS, None)


def guard(app: Flask) -> None:
    """Refuse every view that is neither `@public` nor `@requires`: forgetting the mark must not open a door."""

    @app.before_request
    def refuse_unmarked() -> None:
        if request.endpoint is None or request.method == "OPTIONS":
            return
        if access_of(app.view_functions[request.endpoint], request.method) is None:
            log.error("access.unmarked_view", endpoint=request.endpoint)
            abort(403)


def signed_in_user() -> User | None:
    """The person of this request with their teams, detached (read only), or None. Asked once a request.

    Raises Unauthorized when a bearer token is sent that is not valid: a cookie must not stand in for it.
    """
    if "signed_in_user" not in g:
        token = _bearer_token()
        g.by_bearer = token is not None
        g.signed_in_user = (
            None  # so it stays when the lookup fails, and the error page does not ask again
        )
        g.signed_in_user = _user_of_token(token) if token is not None else _user_of_session()
        if g.signed_in_user is not None:
            structlog.contextvars.bind_contextvars(user_id=g.signed_in_user.id)
    return cast("User | None", g.signed_in_user)


def current_user() -> User:
    """The person of this request; raises Unauthorized where nobody is signed in."""
    user = signed_in_user()
    if user is None:
        raise Unauthorized
    return user


def current_actor() -> Actor:
    """The person of this request, as the history names them."""
    return actor_of(current_user())


def actor_of(user: User) -> Actor:
    """How the history names this person."""
    return Actor("user", user.id, user.name)


def authenticated_by_bearer() -> bool:
    """Whether this request proved itself by a bearer token, so that no forged form can have sent it."""
    signed_in_user()
    return bool(g.by_bearer)


# For templates: the person, or something false.
user_proxy = LocalProxy(signed_in_user)


def begin_session(user: User) -> None:
    """Sign the person in. Everything the old cookie held is dropped, so that nobody can prepare it for them."""
    session.clear()
    session.permanent = True
    session["user"] = user.id
    session["id"] = secrets.token_urlsafe(9)
    session["epoch"] = user.session_epoch
    session["since"] = int(utc_now().timestamp())
    g.pop("signed_in_user", None)


def end_session() -> None:
    """Empty this browser's cookie; desk.people.operations.sign_out makes copies of it useless."""
    session.clear()
    g.pop("signed_in_user", None)


def safe_next(target: str | None) -> str:
    """A path of this desk to go on to after the login; anything that could lead elsewhere becomes `/`."""
    if not target:
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:  # "http://["
        return "/"
    harmless = not parts.scheme and not parts.netloc and target.startswith("/")
    # browsers read a backslash as a slash and drop control characters: "/\host" would be "//host"
    clean = not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if harmless and clean else "/"


def user_of_session(desk: Desk, session_values: Any) -> User | None:
    """The person whose session these cookie values are, if it still holds: active, same epoch, not signed out,
    not too old.
    """
    user_id, epoch, since = (session_values.get(key) for key in ("user", "epoch", "since"))
    session_id = session_values.get("id")
    if not (isinstance(user_id, int) and isinstance(epoch, int) and isinstance(since, int)):
        return None
    if not isinstance(session_id, str):
        return None
    if utc_now() - datetime.fromtimestamp(since, UTC) > SESSION_LIFETIME:
        return None
    with desk.reading() as db:
        user = db.get(User, user_id, options=[selectinload(User.teams)])
        if user is None or not user.active or user.session_epoch != epoch:
            return None
        if session_id in user.ended_sessions:
            return None
        return user


def _user_of_session() -> User | None:
    return user_of_session(current_desk(), session) if "user" in session else None


def _bearer_token() -> str | None:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer":
        return None
    return authorization.token or ""


def hash_of_token(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain SHA-256 is as good as a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _user_of_token(token: str) -> User:
    desk = current_desk()
    now = utc_now()
    with desk.reading() as db:
        found = db.scalar(
            select(ApiToken)
            .where(ApiToken.sha256 == hash_of_token(token))
            .options(joinedload(ApiToken.user).selectinload(User.teams))
        )
    usable = (
        found is not None
        and found.revoked_at is None
        and (found.expires_at is None or found.expires_at > now)
        and found.user.active
    )
    if found is None or not usable:
        challenge = WWWAuthenticate("bearer", {"realm": "lanedesk", "error": "invalid_token"})
        raise Unauthorized("The token is not valid.", www_authenticate=challenge)
    if found.last_used_at is None or now - found.last_used_at > TOKEN_USE_NOTED_EVERY:
        with desk.database.transaction() as db:
            kept = db.get(ApiToken, found.id)
            if kept is not None:
                kept.last_used_at = now
    g.token_id = found.id
    return found.user


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/api/"):
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "lanedesk"}))
    if "HX-Request" in request.headers:
        # a fragment must not become a login page: the whole window goes there
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("people.login", next=page_of_htmx())
        return response
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("people.login", next=back))


def _ask_to_change_password() -> Response:
    if request.path.startswith("/api/"):
        abort(403, "The password must be changed first.")
    target = url_for("people.change_password")
    if "HX-Request" in request.headers:
        return Response(status=403, headers={"HX-Redirect": target})
    return redirect(target)


def page_of_htmx() -> str:
    """Path and query of the page from which htmx asks; `/` where that cannot be told."""
    try:
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)
