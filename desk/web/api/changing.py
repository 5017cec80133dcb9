"""The transaction in which a view of the API changes something, and what becomes of a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_smorest import abort
from sqlalchemy.orm import Session

from desk.application import current_desk


@contextmanager
def changing(*refusals: type[Exception]) -> Iterator[Session]:
    """A transaction; where an operation raises one of `refusals`, nothing was changed and its words are the answer.

    422 for a refusal that has a `field` (that field is named, unless it is None); 409 for any other: what was asked for
    does not fit how things stand.
    """
    try:
        with current_desk().database.transaction() as session:
            yield session
    except refusals as error:
        said = vars(error)
        if "field" not in said:
            abort(409, message=str(error))
        errors = {"json": {said["field"]: [str(error)]}} if said["field"] else None
        abort(422, message=str(error), errors=errors)
