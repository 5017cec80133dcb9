"""Files are kept whole, under names of our own, and nothing that runs gets in."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.settings import Settings
from desk.storage import (
    FileMissing,
    FolderStorage,
    S3Storage,
    Storage,
    StorageUnreachable,
    UploadRefused,
    check_upload,
    open_storage,
    safe_filename,
    sniff,
)
from tests.fixtures.s3 import S3Bucket, listening

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
ZIP = b"PK\x03\x04" + b"\0" * 30


@pytest.fixture(autouse=True, scope="module")
def bucket() -> Iterator[S3Bucket]:
    """A bucket that this process's boto3 is sent to."""
    with pytest.MonkeyPatch.context() as environment, listening(S3Bucket("files")) as found:
        for name, value in found.environment().items():
            environment.setenv(name, value)
        yield found


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, bucket: S3Bucket) -> Storage:
    if request.param == "folder":
        return FolderStorage(tmp_path / "files")
    bucket.objects.clear()
    bucket.requests.clear()
    return S3Storage("files", "desk")


def test_what_was_put_is_read_back(storage: Storage) -> None:
    key = storage.put(PNG, suffix=".PNG")
    assert key.endswith(".png")
    assert storage.get(key) == PNG
    with storage.open(key) as stream:
        assert stream.read(4) == b"\x89PNG"
    assert storage.exists(key)


@pytest.mark.parametrize("megabytes", [5, 9])  # boto3 sends more than 8 in parts
def test_streams_larger_than_a_chunk_are_kept_whole(storage: Storage, megabytes: int) -> None:
    data = os.urandom(megabytes * 1024 * 1024 + 17)
    assert storage.get(storage.put(io.BytesIO(data))) == data


def test_the_same_bytes_are_kept_once(storage: Storage, bucket: S3Bucket) -> None:
    assert storage.put(PNG, suffix=".png") == storage.put(io.BytesIO(PNG), suffix=".png")
    if isinstance(storage, FolderStorage):
        assert len([path for path in storage.folder.rglob("*") if path.is_file()]) == 1
    else:
        (name,) = bucket.objects
        assert name.startswith("desk/")
        assert bucket.requests.count(("PUT", name)) == 1


def test_what_is_not_there_is_missing_and_can_be_deleted(storage: Storage) -> None:
    key = storage.put(PNG)
    storage.delete(key)
    storage.delete(key)
    assert not storage.exists(key)
    with pytest.raises(FileMissing):
        storage.get(key)


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "/x"]
)
def test_only_our_own_keys_reach_the_disk(storage: Storage, key: str) -> None:
    for ask in (storage.get, storage.open, storage.exists, storage.delete):
        with pytest.raises(FileMissing):
            ask(key)


@pytest.mark.parametrize("suffix", [".tar.gz", "exe", "./../x", ".waytoolongsuffix", ".\u202eexe"])
def test_an_odd_suffix_is_left_out(storage: Storage, suffix: str) -> None:
    assert len(storage.put(PNG, suffix=suffix)) == 64


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the cable was pulled")

    storage = FolderStorage(tmp_path / "files")
    with pytest.raises(OSError, match="cable"):
        storage.put(Broken())
    assert [path for path in storage.folder.rglob("*") if path.is_file()] == []


def test_a_bucket_that_refuses_or_is_away_is_said_and_nothing_is_taken_for_missing(
    bucket: S3Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "0" * 64
    monkeypatch.setattr(bucket, "refuses", True)
    for ask in (S3Storage("files").get, S3Storage("files").exists, S3Storage("files").delete):
        with pytest.raises(StorageUnreachable, match="s3://files: .*(AccessDenied|403)"):
            ask(key)
    monkeypatch.undo()
    with pytest.raises(StorageUnreachable, match="s3://elsewhere"):
        S3Storage("elsewhere").check()
    S3Storage("files").check()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(StorageUnreachable, match="Could not connect"):
        S3Storage("files").put(PNG)


def test_what_is_not_signed_with_our_key_is_refused(
    bucket: S3Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the other tests mean something."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
    with pytest.raises(StorageUnreachable, match="403"):
        S3Storage("files").check()


def test_the_settings_choose_the_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_storage(Settings(data_dir=tmp_path)), FolderStorage)
    s3 = open_storage(Settings(storage_url="s3://files/desk/attachments/"))
    assert isinstance(s3, S3Storage)
    assert (s3.bucket, s3.prefix) == ("files", "desk/attachments")
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_storage(Settings(storage_url="ftp://files"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ValueError, match=r"LANEDESK_STORAGE cannot be used: .*nobody"):
        open_storage(Settings(storage_url="s3://files"))


# -- uploads ------------------------------------------------------------------------------------------------------


def check(name: str, data: bytes, limit: int = 1000) -> Any:
    return check_upload(name, io.BytesIO(data), limit)


def test_an_upload_is_named_typed_and_sized_and_can_still_be_read() -> None:
    stream = io.BytesIO(PNG)
    upload = check_upload("C:\\fotos\\现场 照片.png", stream, 1000)
    assert (upload.filename, upload.content_type, upload.size) == ("现场 照片.png", "image/png", 28)
    assert upload.suffix == ".png"
    assert stream.read() == PNG


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"x" * 1001, "too_large"),
        ("a.txt", b"", "empty"),
        ("setup.exe", b"anything", "executable"),
        ("SETUP.EXE", b"anything", "executable"),
        ("invoice.pdf.exe", b"%PDF-1.7", "executable"),
        ("run.bat.txt", b"echo", "executable"),
        ("photo.jpg .scr", b"x", "executable"),
        ("invoice.e\u200bxe", b"x", "executable"),
        ("photo\u202egpj.exe", b"x", "executable"),
        ("notes.txt", b"MZ\x90\0", "executable"),
        ("notes", b"\x7fELF\x02", "executable"),
        ("notes.txt", b"#!/bin/sh", "executable"),
    ],
)
def test_what_is_refused_and_why(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        check(name, data)
    assert refused.value.reason == reason


def test_the_list_of_endings_can_be_another() -> None:
    upload = check_upload("a.exe.txt", io.BytesIO(b"text"), 10, refused=frozenset({"pdf"}))
    assert upload.content_type == "text/plain"


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("photo\u202egpj.txt", "photogpj.txt"),
        ("  .hidden. ", "hidden"),
        ("CON.txt", "_CON.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("", "file"),
        ("...", "file"),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_names_are_made_safe(raw: str, safe: str) -> None:
    assert safe_filename(raw) == safe


def test_long_names_keep_their_ending() -> None:
    name = safe_filename("长" * 300 + ".docx")
    assert len(name) == 200
    assert name.endswith(".docx")


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_is_safe_everywhere(raw: str) -> None:
    name = safe_filename(raw)
    assert 1 <= len(name) <= 201
    assert not set(name) & set('/\\<>:"|?*\0\n\u202e')
    assert safe_filename(name) == name or len(name) >= 200


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"\xff\xd8\xff\xe0", "x", "image/jpeg"),
        (b"GIF89a", "x.png", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "x", "image/webp"),
        (b"%PDF-1.7", "x.html", "application/pdf"),
        (ZIP, "x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (ZIP, "x.html", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xls", "application/vnd.ms-excel"),
        (b"\0\0\0\x18ftypheic", "x", "image/heic"),
        (b"\0\0\0\x18ftypisom", "x", "video/mp4"),
        (b"a,b\n1,2", "x.csv", "text/csv"),
        (b"a\0b", "x.csv", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "x.svg", "application/octet-stream"),
        (b"<html>", "x.html", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_the_bytes_say_what_a_file_is(head: bytes, name: str, found: str) -> None:
    assert sniff(head, name) == found


def test_a_type_for_the_browser_never_comes_from_the_name_alone() -> None:
    for ending in ("html", "svg", "js", "png", "pdf", "xml"):
        assert sniff(b"plain text", f"x.{ending}") == "application/octet-stream"
