"""The doctor names what is missing and how to get it."""

import socket
from pathlib import Path

import pytest

from desk.settings import Settings
from lanedesk import doctor
from tests.fixtures.s3 import S3Bucket, listening


def test_an_old_python() -> None:
    assert doctor.python_version((3, 10, 4)).grade == "wrong"
    assert doctor.python_version((3, 11, 0)).grade == "ok"


def test_a_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANEDESK_BRAND_COLOR", "yellow")
    wrong = list(doctor.all_findings())[-1]
    assert (wrong.grade, wrong.part) == ("wrong", "settings")
    assert "must be #rrggbb" in wrong.words


def test_a_bucket_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(S3Bucket("files")) as bucket:
        for name, value in bucket.environment().items():
            monkeypatch.setenv(name, value)
        assert doctor.files(Settings(storage_url="s3://files/desk")).grade == "ok"
        for wrong in ("s3://another", "files"):
            finding = doctor.files(Settings(storage_url=wrong))
            assert finding.grade == "wrong"
            assert "LANEDESK_STORAGE" in finding.words
    assert doctor.files(Settings(data_dir=tmp_path)).words == "in the data folder"


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://me:secret@127.0.0.1:1/none")
    finding = doctor.database(settings)
    assert finding.grade == "wrong"
    assert "secret" not in finding.words


def test_a_database_without_tables(tmp_path: Path) -> None:
    finding = doctor.database(Settings(data_dir=tmp_path))
    assert finding.grade == "missing"
    assert "lanedesk migrate" in finding.words


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(data_dir=tmp_path, web_port=taken.getsockname()[1])
        finding = doctor.port_web(settings)
    assert finding.grade == "wrong"
    assert "LANEDESK_WEB_PORT" in finding.words


def test_no_redis_anywhere(tmp_path: Path) -> None:
    finding = doctor.redis(Settings(data_dir=tmp_path, redis_url="redis://127.0.0.1:1"))
    assert finding.grade == "wrong"


def test_no_chinese_font_and_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "find_library", lambda _name: None)
    for check in (doctor.chinese_fonts, doctor.chromium, doctor.pdf):
        finding = check(Settings(data_dir=tmp_path))
        assert finding.grade == "missing"
        assert "apt-get install" in finding.words


def test_a_folder_we_may_not_write_to() -> None:
    finding = doctor.data_folder(Settings(data_dir=Path("/proc/none")))
    assert finding.grade == "wrong"
    assert "LANEDESK_DATA" in finding.words


def test_a_wrong_setting_is_the_first_thing_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANEDESK_WEB_PORT", "eighty")
    assert doctor.examine() == 1
    assert "LANEDESK_WEB_PORT must be a whole number" in capsys.readouterr().out
