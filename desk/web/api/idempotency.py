"""`Idempotency-Key`: a POST that is sent again is answered again, not done again (draft-ietf-httpapi-idempotency-key).

The key counts for one user and one route, for a day. While the first request is at work a second gets 409; the key
with another body gets 422. A request that ends in 5xx gives its key back, so that it can be tried again.

The key and the work are two transactions: a process that is killed between them leaves a key without an answer. It
answers 409 until `ABANDONED` has passed and may then be used again.
"""

import hashlib
from datetime import timedelta

from flask import Flask, Response, g, request
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, Conflict, UnprocessableEntity

from desk.application import current_desk
from desk.people.access import signed_in_user
from desk.web.api.models import IdempotencyKey
from engine.timestamps import utc_now

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)
LARGEST_BODY = 1024 * 1024  # bytes of an answer that is kept


def honour(app: Flask, prefix: str) -> None:
    """Do so for every POST below `prefix` that carries a key."""

    @app.before_request
    def begin() -> Response | None:
        if request.method != "POST" or HEADER not in request.headers or request.endpoint is None:
            return None
        user = signed_in_user()
        if user is None or not request.path.startswith(prefix + "/"):
            return None
        key = request.headers[HEADER].strip().strip('"')
        if not 1 <= len(key) <= 255:
            raise BadRequest(f"{HEADER} must have 1 to 255 characters.")
        g.idempotency_row = None
        earlier = _take(user.id, request.path[:255], key, _fingerprint())
        if earlier is None:
            return None
        return Response(
            earlier.body,
            earlier.status,
            content_type=earlier.content_type,
            headers={"Idempotent-Replay": "true"},
        )

    @app.after_request
    def remember(response: Response) -> Response:
        row_id = g.get("idempotency_row")
        if row_id is not None:
            with current_desk().database.transaction() as session:
                _settle(session, row_id, response)
        return response


def prune(session: Session) -> int:
    """Delete keys older than a day; returns how many. Called by the scheduler now and then."""
    result = session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < utc_now() - KEPT)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _take(user_id: int, route: str, key: str, fingerprint: str) -> IdempotencyKey | None:
    """Reserve the key (None), or the row with the earlier answer. Raises Conflict and UnprocessableEntity."""
    now = utc_now()
    try:
        with current_desk().database.transaction() as session:
            row = session.scalar(
                select(IdempotencyKey)
                .where(
                    IdempotencyKey.user_id == user_id,
                    IdempotencyKey.route == route,
                    IdempotencyKey.key == key,
                )
                .with_for_update()
            )
            if row is not None and _is_over(row):
                session.delete(row)
                session.flush()
                row = None
            if row is None:
                row = IdempotencyKey(
                    key=key, user_id=user_id, route=route, fingerprint=fingerprint, created_at=now
                )
                session.add(row)
                session.flush()
                g.idempotency_row = row.id
                return None
            if row.fingerprint != fingerprint:
                raise UnprocessableEntity(f"This {HEADER} was used with another request.")
            if row.status is None:
                raise Conflict("The first request with this key is still being answered.")
            return row
    except IntegrityError:
        g.idempotency_row = None
        raise Conflict("The first request with this key is still being answered.") from None


def _is_over(row: IdempotencyKey) -> bool:
    age = utc_now() - row.created_at
    return age > KEPT or (row.status is None and age > ABANDONED)


def _settle(session: Session, row_id: int, response: Response) -> None:
    row = session.get(IdempotencyKey, row_id)
    if row is None:
        return
    keepable = (
        response.status_code < 500
        and not response.is_streamed
        and (response.content_length or 0) <= LARGEST_BODY
    )
    # 401, 403 and 429 did nothing: the same key may be tried again once the reason is gone
    if not keepable or response.status_code in (401, 403, 429):
        session.delete(row)
        return
    row.status, row.content_type, row.body = (
        response.status_code,
        response.content_type,
        response.get_data(),
    )


def _fingerprint() -> str:
    digest = hashlib.sha256(
        request.query_string + b"\0" + (request.content_type or "").encode() + b"\0"
    )
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()
