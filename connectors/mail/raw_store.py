"""Where the bytes of a raw mail are: small ones in their row, large ones in the storage."""

from connectors.mail.models import RawMail
from desk.storage import Storage


def raw_bytes(storage: Storage, mail: RawMail) -> bytes:
    """The mail as it came, byte for byte. Raises desk.storage.FileMissing when the storage lost it."""
    return bytes_of(storage, mail.content, mail.storage_key)


def bytes_of(storage: Storage, content: bytes | None, storage_key: str | None) -> bytes:
    """The same, for the two columns."""
    if storage_key is not None:
        return storage.get(storage_key)
    if content is None:
        raise LookupError("a raw mail has neither content nor a storage key")
    return bytes(content)
