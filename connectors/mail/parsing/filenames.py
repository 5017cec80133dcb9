"""Names of attachments: decoded, stripped of whatever could deceive a person or a file system."""

import mimetypes
import re
import unicodedata

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_RESERVED = re.compile(r'[<>:"|?*]')
_SPACES = re.compile(r"\s+")
_MAX_BYTES = 200
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/global-delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "application/pgp-signature": ".asc",
    "application/pgp-keys": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/ms-tnef": ".dat",
    "application/octet-stream": ".bin",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/pjpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}
_STEMS = {
    "text/calendar": "invite",
    "message/rfc822": "message",
    "message/delivery-status": "delivery-status",
    "text/rfc822-headers": "headers",
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
    "application/pgp-signature": "signature",
}


def safe_filename(name: str, content_type: str, number: int) -> str:
    """A bare file name for an attachment; made up from its type and `number` when it has none.

    Path parts, control characters and marks that turn the direction of writing are taken out, so
    that `gpj.exe` cannot pose as a picture and no name leaves its folder.
    """
    name = _SURROGATES.sub("", _CONTROLS.sub("", unicodedata.normalize("NFC", name)))
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = _SPACES.sub(" ", _RESERVED.sub("_", name)).strip().strip(".").strip()
    if not name:
        return f"{_STEMS.get(content_type, 'attachment')}-{number}{extension_of(content_type)}"
    return _shortened(name)


def extension_of(content_type: str) -> str:
    known = _EXTENSIONS.get(content_type)
    if known is not None:
        return known
    guessed = mimetypes.guess_extension(content_type, strict=False)
    return guessed if guessed is not None else ".bin"


def _shortened(name: str) -> str:
    if len(name.encode()) <= _MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        stem, dot, extension = name, "", ""
    room = _MAX_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + dot + extension
