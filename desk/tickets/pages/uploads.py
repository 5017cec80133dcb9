"""Files that people send with pages: checked and kept before anything is written."""

from copy import deepcopy
from typing import Any

from flask import request
from flask_babel import gettext as _

from desk.application import current_desk
from desk.forms import Submission
from desk.forms.tree import put
from desk.storage import UploadRefused
from desk.tickets.attachments import StoredFile, store_upload
from desk.web.localisation import file_size


def upload_limit() -> int:
    """Largest file, in bytes."""
    return current_desk().settings.upload_limit_mb * 1024 * 1024


def store_files(field: str = "files") -> list[StoredFile]:
    """Keep what was sent in a file field of the page. Raises UploadRefused."""
    storage, limit = current_desk().storage, upload_limit()
    return [
        store_upload(storage, file.filename or "", file.stream, limit=limit)
        for file in request.files.getlist(field)
        if file.filename
    ]


def store_form_files(submission: Submission) -> dict[str, Any]:
    """The values of a form, with each upload kept and named in its place as {name, key, size}.

    Raises UploadRefused.
    """
    values = deepcopy(submission.values)
    storage, limit = current_desk().storage, upload_limit()
    kept: dict[str, list[dict[str, Any]]] = {}
    for path, file in submission.files:
        stored = store_upload(storage, file.filename or "", file.stream, limit=limit)
        kept.setdefault(path, []).append(
            {"name": stored.filename, "key": stored.storage_key, "size": stored.size}
        )
    for path, entries in kept.items():
        put(values, tuple(int(p) if p.isdecimal() else p for p in path.split(".")), entries)
    return values


def refused_words(refused: UploadRefused) -> str:
    """Why a file was not taken."""
    if refused.reason == "too_large":
        return str(
            _(
                "“%(name)s” is too large: %(limit)s is the most a file may have.",
                name=refused.filename,
                limit=file_size(refused.limit or upload_limit()),
            )
        )
    if refused.reason == "empty":
        return str(_("“%(name)s” is empty.", name=refused.filename))
    return str(_("“%(name)s” is a program; such files are not taken.", name=refused.filename))
