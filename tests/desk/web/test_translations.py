"""Everything people read is there in Chinese, and the build notices when it is not."""

import gettext
from pathlib import Path

import pytest

from desk.translations import build
from desk.translations.build import Found, TranslationConflict

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def piece(folder: Path, name: str, entries: str) -> None:
    (folder / name).write_text(HEAD + entries, encoding="utf-8")


def test_nothing_is_without_chinese() -> None:
    lacking = build.missing(build.read_pieces(), build.extract())
    assert [f"{m.place}: {m.key[0]}" for m in lacking] == []


def test_the_placeholders_of_a_translation_are_those_of_its_message() -> None:
    problems = [
        f"{message.id}: {error}"
        for message in build.read_pieces()
        if message.id
        for error in message.check()
    ]
    assert problems == []


def test_what_python_and_templates_say_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "desk"
    (package / "templates").mkdir(parents=True)
    (package / "words.py").write_text(
        '_("One")\nlazy_gettext("Two")\n_ln("%(num)s box", "%(num)s boxes", 3)\npgettext("menu", "Open")\n'
    )
    (package / "templates" / "page.html").write_text(
        '{{ _("Three") }}{% trans %}\n  Four\n  five\n{% endtrans %}{{ ngettext("a", "b", 2) }}'
    )
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "PACKAGES", ("desk",))
    found = {(message.id, message.context) for message in build.extract()}
    assert found == {
        ("One", None),
        ("Two", None),
        (("%(num)s box", "%(num)s boxes"), None),
        ("Open", "menu"),
        ("Three", None),
        ("Four five", None),
        (("a", "b"), None),
    }


def test_missing_empty_and_unsure_translations_are_told(tmp_path: Path) -> None:
    piece(
        tmp_path,
        "a.po",
        'msgid "There"\nmsgstr "有"\n\nmsgid "Empty"\nmsgstr ""\n\n'
        '#, fuzzy\nmsgid "Unsure"\nmsgstr "也许"\n\n'
        'msgid "box"\nmsgstr "箱"\n',
    )
    found = [Found(text, None, "x.py:1") for text in ("There", "Empty", "Unsure", "Nowhere")]
    found += [Found(("box", "boxes"), None, "x.py:2"), Found("There", "menu", "x.py:3")]
    lacking = build.missing(build.read_pieces(tmp_path), found)
    assert [message.key for message in lacking] == [
        ("Empty", None),
        ("Unsure", None),
        ("Nowhere", None),
        ("box", None),
        ("There", "menu"),
    ]


def test_two_pieces_may_agree_but_not_differ(tmp_path: Path) -> None:
    piece(tmp_path, "a.po", 'msgid "Save"\nmsgstr "保存"\n')
    piece(tmp_path, "b.po", 'msgid "Save"\nmsgstr "保存"\n')
    agreed = build.read_pieces(tmp_path).get("Save")
    assert agreed is not None
    assert agreed.string == "保存"
    piece(tmp_path, "c.po", 'msgid "Save"\nmsgstr "存储"\n')
    with pytest.raises(TranslationConflict, match=r"'Save' is '保存' in b\.po and '存储' in c\.po"):
        build.read_pieces(tmp_path)


def test_the_command_compiles_and_fails_when_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    piece(pieces, "a.po", 'msgid "Save"\nmsgstr "保存"\n')
    catalog = build.read_pieces(pieces)
    monkeypatch.setattr(build, "read_pieces", lambda: catalog)
    compiled: list[Path] = []
    monkeypatch.setattr(build, "compile_catalog", lambda catalog: compiled.append(tmp_path))
    monkeypatch.setattr(build, "extract", lambda: iter([Found("Save", None, "x.py:1")]))
    assert build.main([]) == 0
    monkeypatch.setattr(build, "extract", lambda: iter([Found('Say "hi"', None, "x.py:7")]))
    assert build.main([]) == 1
    assert "x.py:7: no Chinese for 'Say \"hi\"'" in capsys.readouterr().out
    assert build.main(["--list"]) == 0
    assert capsys.readouterr().out == '# x.py:7\nmsgid "Say \\"hi\\""\nmsgstr ""\n'
    assert len(compiled) == 2


def test_a_compiled_catalog_is_what_gettext_reads(tmp_path: Path) -> None:
    piece(tmp_path, "a.po", 'msgid "box"\nmsgid_plural "boxes"\nmsgstr[0] "箱"\n')
    build.compile_catalog(build.read_pieces(tmp_path), tmp_path / "zh" / "LC_MESSAGES")
    texts = gettext.translation("messages", str(tmp_path), ["zh_Hans_CN"])
    assert texts.ngettext("box", "boxes", 2) == "箱"
