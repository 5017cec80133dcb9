"""Files: one small interface over a folder or an S3 bucket, and the checks before anything gets in.

A file is named by its content (SHA-256), so the same bytes are kept once, writing again changes nothing, and no name
that came from outside ever reaches a disk. Who deletes makes sure that no other record names the same key.
"""

import hashlib
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Protocol
from urllib.parse import urlsplit

from desk.settings import Settings

CHUNK = 1024 * 1024  # bytes
IN_MEMORY = (
    4 * 1024 * 1024
)  # bytes of a stream that are kept in memory before a temporary file is used
KEY = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")


class FileMissing(Exception):
    """There is no file under this key."""


class StorageUnreachable(OSError):
    """The place for files does not answer, or refuses; nothing was kept or removed."""


class UploadRefused(Exception):
    """A file is not taken. `reason` is too_large | executable | empty; `limit` in bytes; `filename` is cleaned."""

    def __init__(self, reason: str, filename: str, limit: int | None = None) -> None:
        super().__init__(f"{reason}: {filename}")
        self.reason, self.filename, self.limit = reason, filename, limit


class Storage(Protocol):
    """What the desk asks of a place for files. Each of these may raise OSError: a full disk, a bucket that is away."""

    def put(self, data: bytes | IO[bytes], *, suffix: str = "") -> str:
        """Keep the bytes durably and return their key. `suffix` such as `.pdf` only helps people who look."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A stream of the bytes; the caller closes it. Raises FileMissing."""
        ...

    def get(self, key: str) -> bytes:
        """All the bytes. Raises FileMissing."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a file under this key."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file; nothing happens if it is not there."""
        ...


def open_storage(settings: Settings) -> Storage:
    """The storage that the settings name: `s3://bucket/prefix`, or the data folder's `files`."""
    if not settings.storage_url:
        return FolderStorage(settings.data_dir / "files")
    url = urlsplit(settings.storage_url)
    if url.scheme != "s3" or not url.netloc:
        raise ValueError("LANEDESK_STORAGE must look like s3://bucket/prefix")
    return S3Storage(url.netloc, url.path.strip("/"))


class FolderStorage:
    """Files in a folder, two levels deep by the first digits of the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes | IO[bytes], *, suffix: str = "") -> str:
        """See Storage. Written aside, synced, then renamed: a crash leaves the whole file or none."""
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(handle, "wb") as out:
                digest = _copy(data, out)
                out.flush()
                os.fsync(out.fileno())
            key = _key(digest, suffix)
            target = self._path(key)
            if target.exists():
                os.unlink(name)
                return key
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(name, target)
            _sync_folder(target.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return key

    def open(self, key: str) -> BinaryIO:
        """See Storage."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise FileMissing(key) from None

    def get(self, key: str) -> bytes:
        """See Storage."""
        with self.open(key) as stream:
            return stream.read()

    def exists(self, key: str) -> bool:
        """See Storage."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """See Storage."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        _check_key(key)
        return self.folder / key[:2] / key[2:4] / key


class S3Storage:
    """Files in an S3 bucket. Credentials, region and endpoint are those of boto3's own environment variables."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        """Nothing is asked yet. Raises ValueError when boto3's variables cannot be used."""
        self.bucket, self.prefix = bucket, prefix
        self._client = _s3_client()

    def check(self) -> None:
        """Ask whether the bucket is there and ours. Raises StorageUnreachable."""
        with self._asking():
            self._client.head_bucket(Bucket=self.bucket)

    def put(self, data: bytes | IO[bytes], *, suffix: str = "") -> str:
        """See Storage."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            key = _key(_copy(data, spool), suffix)
            if not self.exists(key):
                spool.seek(0)
                with self._asking():
                    self._client.upload_fileobj(spool, self.bucket, self._name(key))
        return key

    def open(self, key: str) -> BinaryIO:
        """See Storage."""
        return io.BytesIO(self.get(key))

    def get(self, key: str) -> bytes:
        """See Storage."""
        with self._asking(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=self._name(key))
            return bytes(answer["Body"].read())

    def exists(self, key: str) -> bool:
        """See Storage."""
        name = self._name(key)
        try:
            with self._asking(key):
                self._client.head_object(Bucket=self.bucket, Key=name)
        except FileMissing:
            return False
        return True

    def delete(self, key: str) -> None:
        """See Storage."""
        with self._asking():
            self._client.delete_object(Bucket=self.bucket, Key=self._name(key))

    def _name(self, key: str) -> str:
        _check_key(key)
        return f"{self.prefix}/{key}" if self.prefix else key

    @contextmanager
    def _asking(self, key: str | None = None) -> Iterator[None]:
        """What goes wrong on the way, as what a Storage raises; `key` is the file that may be missing."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if key is not None and code in ("404", "NoSuchKey", "NotFound"):
                raise FileMissing(key) from error
            raise StorageUnreachable(f"s3://{self.bucket}: {error}") from error
        except (BotoCoreError, Boto3Error) as error:
            raise StorageUnreachable(f"s3://{self.bucket}: {error}") from error


def _s3_client() -> Any:
    # Not above: only a desk that keeps its files there waits for it.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    patience = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
    try:
        return boto3.Session().client("s3", config=patience)
    except BotoCoreError as error:
        raise ValueError(f"LANEDESK_STORAGE cannot be used: {error}") from error


def _copy(data: bytes | IO[bytes], out: IO[bytes]) -> str:
    """Write all of `data`; the SHA-256 of what was written, in hexadecimal."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def _key(digest: str, suffix: str) -> str:
    return digest + (suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else "")


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise FileMissing(key)


def _sync_folder(folder: Path) -> None:
    """The rename itself must survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- what may come in ---------------------------------------------------------------------------------------------

NAME_LENGTH: Final = 200
UNKNOWN_TYPE: Final = "application/octet-stream"

# Files that run when somebody opens them. A name counts by every ending it has: `invoice.pdf.exe`, `run.exe.txt`.
REFUSED_ENDINGS: Final = frozenset(
    {
        "ade",
        "adp",
        "app",
        "apk",
        "appx",
        "bat",
        "chm",
        "cmd",
        "com",
        "cpl",
        "dll",
        "dmg",
        "exe",
        "gadget",
        "hta",
        "ins",
        "iso",
        "isp",
        "jar",
        "js",
        "jse",
        "lib",
        "lnk",
        "mde",
        "msc",
        "msi",
        "msix",
        "msp",
        "mst",
        "nsh",
        "pif",
        "ps1",
        "ps1xml",
        "psc1",
        "reg",
        "scf",
        "scr",
        "sct",
        "shb",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vhd",
        "vxd",
        "wsc",
        "wsf",
        "wsh",
    }
)
_RUNNABLE: Final = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)
# The container says what it is only together with its name, and only if the bytes agree that it is one.
_BY_ENDING_IN_ZIP: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_BY_ENDING_IN_OLE: Final = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
_TEXT_ENDINGS: Final = {
    "csv": "text/csv",
    "txt": "text/plain",
    "log": "text/plain",
    "md": "text/plain",
}


@dataclass(frozen=True)
class Upload:
    """A file that passed: a name safe to show and to save under, what its bytes say it is, its size in bytes."""

    filename: str
    content_type: str
    size: int

    @property
    def suffix(self) -> str:
        """The ending for `Storage.put`, with its dot, or nothing."""
        ending = _endings(self.filename)[-1:]
        return f".{ending[0]}" if ending and re.fullmatch(r"[a-z0-9]{1,8}", ending[0]) else ""


def check_upload(
    filename: str,
    stream: IO[bytes],
    limit: int,
    *,
    refused: frozenset[str] = REFUSED_ENDINGS,
) -> Upload:
    """Look at a file before it is kept; the stream stands at its start again afterwards.

    `limit` is in bytes. Raises UploadRefused for one that is larger, empty, or would run when it is opened.
    The type comes from the bytes; what the sender claimed is not asked.
    """
    name = safe_filename(filename)
    size = _size(stream, limit)
    if size > limit:
        raise UploadRefused("too_large", name, limit)
    if size == 0:
        raise UploadRefused("empty", name)
    head = stream.read(4096)
    stream.seek(0)
    if refused.intersection(_endings(name)) or head.startswith(_RUNNABLE):
        raise UploadRefused("executable", name)
    return Upload(name, sniff(head, name), size)


def safe_filename(raw: str) -> str:
    """`raw` as a name to show and to save under: no path, no control or bidirectional characters, not too long."""
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rpartition("/")[2]
    name = "".join(
        c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    )
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    if re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name, re.IGNORECASE):
        name = f"_{name}"  # device names of Windows
    if len(name) > NAME_LENGTH:
        stem, dot, ending = name.rpartition(".")
        keep = f"{dot}{ending}" if stem and len(ending) <= 16 else ""
        name = name[: NAME_LENGTH - len(keep)] + keep
    return name or "file"


def sniff(head: bytes, filename: str = "") -> str:
    """The content type that the first bytes prove; `application/octet-stream` if they prove none."""
    ending = (_endings(filename) or [""])[-1]
    if head.startswith(b"PK\x03\x04"):
        return _BY_ENDING_IN_ZIP.get(ending, "application/zip")
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN_TYPE)
    if head[4:8] == b"ftyp":
        return {b"heic": "image/heic", b"avif": "image/avif", b"M4A ": "audio/mp4"}.get(
            head[8:12], "video/mp4"
        )
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return _BY_ENDING_IN_OLE.get(ending, found) if found.endswith("ole-storage") else found
    if ending in _TEXT_ENDINGS and b"\0" not in head:
        return _TEXT_ENDINGS[ending]
    return UNKNOWN_TYPE


def _endings(name: str) -> list[str]:
    return [part.strip().lower() for part in name.split(".")[1:]]


def _size(stream: IO[bytes], limit: int) -> int:
    """Bytes in the stream; stops counting one past the limit where the stream cannot seek to its end."""
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    return min(size, limit + 1)
