"""The conformance command: that it finds what is not whole, and says so."""

import dataclasses
from pathlib import Path

import pytest

from connectors.mail.parsing import ParsedMail, parse_mail
from tests.conformance import mail as runner
from tests.connectors.mail.parsing.mails import mail, multipart, part


def test_a_whole_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.eml").write_bytes(mail("New\n\nOn 1 Jan 2024 D <d@x.y> wrote:\n> old"))
    (tmp_path / "a_reply_text").write_text("New")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_bytes(multipart("mixed", part("x"), part("f", "a/b; name=c")))
    (tmp_path / "sub" / "body.txt").write_text("words\n\n> old")
    (tmp_path / "LICENSE.upstream").write_text("no mail")
    (tmp_path / "picture.png").write_bytes(b"no mail")
    assert runner.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 of 3 mails whole"


def test_an_empty_folder_is_no_success(tmp_path: Path):
    assert runner.main([str(tmp_path)]) == 1


def test_a_reply_text_that_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.eml").write_bytes(mail("New"))
    (tmp_path / "a_reply_text").write_text("Other")
    assert runner.main([str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("NOT WHOLE a.eml: quotation")
    assert lines[-1] == "0 of 1 mails whole"


WHOLE = multipart(
    "mixed",
    part("words of the body\n\nOn 1 Jan 2024 D <d@x.y> wrote:\n> old"),
    part("file", "application/pdf; name=a.pdf"),
    part("<p>styled words</p>", "text/html"),
    subject="=?utf-8?B?5L2g5aW9?= printer",
    cc="han@example.com",
)


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("subject", {"subject": "printer"}),
        ("sender", {"from_": None}),
        ("recipients", {"to": ()}),
        ("recipients", {"cc": ()}),
        ("date", {"date": None}),
        ("body", {"text": "", "newest_text": "", "quoted_text": "", "html": ""}),
        ("body", {"attachments": ()}),
        ("characters", {"text": "words of the body \ufffd old styled words"}),
        ("characters", {"text": "words of the body \u00c3\u00a9 old styled words"}),
        ("quotation", {"newest_text": "", "quoted_text": ""}),
        ("safe", {"html": "<p onclick=x>styled words</p>"}),
        ("safe", {"html": '<p>styled words<img src="http://x"></p>'}),
    ],
)
def test_each_rule_finds_its_damage(
    rule: str, damage: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.eml"
    path.write_bytes(WHOLE)
    store = runner.RawStore(tmp_path)
    assert runner.problems(path, store) == []

    def damaged(raw: bytes) -> ParsedMail:
        return dataclasses.replace(parse_mail(raw), **damage)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "parse_mail", damaged)
    assert [p for p in runner.problems(path, store) if p.startswith(rule)]


def test_an_error_is_reported_and_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(raw: bytes) -> ParsedMail:
        raise ValueError("boom")

    monkeypatch.setattr(runner, "parse_mail", broken)
    path = tmp_path / "a.eml"
    path.write_bytes(WHOLE)
    assert runner.problems(path, runner.RawStore(tmp_path)) == ["error: ValueError: boom"]
