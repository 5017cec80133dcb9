"""Files of customers: all are looked at before any is kept, and each refusal is said at its field."""

from collections.abc import Iterable

from flask import request
from werkzeug.datastructures import FileStorage

from desk.application import current_desk
from desk.storage import UploadRefused, check_upload
from desk.tickets.attachments import StoredFile, store_upload
from desk.tickets.pages.uploads import refused_words, upload_limit


class FilesRefused(Exception):
    """Files are not taken; `errors` are words by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def keep_files(files: Iterable[tuple[str, FileStorage]]) -> list[tuple[str, StoredFile]]:
    """Keep the files (field, file); none is kept when one is refused. Raises FilesRefused."""
    given = [(field, file) for field, file in files if file.filename]
    errors: dict[str, str] = {}
    for field, file in given:
        try:
            check_upload(file.filename or "", file.stream, upload_limit())
        except UploadRefused as refused:
            errors.setdefault(field, refused_words(refused))
    if errors:
        raise FilesRefused(errors)
    storage = current_desk().storage
    return [
        (field, store_upload(storage, file.filename or "", file.stream, limit=upload_limit()))
        for field, file in given
    ]


def files_were_sent() -> bool:
    """Whether the page carried files, which a browser does not fill in again."""
    return any(file.filename for file in request.files.values())
