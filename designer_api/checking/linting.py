"""What is wrong with a file as it is being drawn, and one sentence whether it can run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from designer_api.files import queries
from designer_api.files.contents import kind_of, too_large
from engine import bundles
from engine.bpmn.model import Definitions, ProcessModel
from engine.bpmn.reading import UnreadableDiagram, read_definitions
from engine.errors import Problem
from engine.scenarios import read_scenarios

Words = dict[str, str]


@dataclass(frozen=True)
class Checked:
    """All problems of a file and its neighbours, and whether the file can be deployed and run."""

    problems: list[Problem]
    executable: bool
    sentence: Words


def check(
    session: Session, engine: Any, path: str, content: bytes, others: Mapping[str, bytes]
) -> Checked:
    """Lint a file as it is in the editor, together with its folder (`others`: as they are in open tabs).

    Raises NotAFile for a path that no file of the library could have.
    """
    kind = kind_of(path)
    too_much = too_large(path, content)
    if too_much is not None:
        problem = Problem("too-large", "error", "", too_much, 0, path)
        return Checked([problem], False, too_much)
    bundle = queries.bundle(session, [path], others) | {path: content}
    problems = _scenario_problems(bundle)
    _, found = bundles.check(engine, session, bundle)
    problems += found
    problems.sort(key=lambda p: (p.severity != "error", p.resource != path, p.resource, p.line))
    own = [p for p in problems if p.severity == "error" and p.resource == path]
    if kind == "bpmn":
        return Checked(problems, *_diagram(content, own))
    sentence = _count(own, {"en": "This file can be deployed.", "zh": "该文件可以发布。"})
    return Checked(problems, not own, sentence)


def _scenario_problems(bundle: Mapping[str, bytes]) -> list[Problem]:
    problems = []
    for path, content in bundle.items():
        if path.endswith(".scenario.yaml"):
            try:
                read_scenarios(content)
            except ValueError as error:
                words = {
                    "en": f"The scenarios cannot be read: {error}",
                    "zh": f"场景文件无法读取：{error}",
                }
                problems.append(Problem("scenario", "error", "", words, 0, path))
    return problems


def _diagram(content: bytes, errors: list[Problem]) -> tuple[bool, Words]:
    try:
        definitions = read_definitions(content)
    except UnreadableDiagram as error:
        line = error.line
        en = f"It cannot run: line {line}: {error.message['en']}" if line else error.message["en"]
        zh = f"不能执行：第 {line} 行：{error.message['zh']}" if line else error.message["zh"]
        return False, {"en": en, "zh": zh}
    executable = [p for p in definitions.processes.values() if p.executable]
    if not executable:
        return False, _picture(definitions)
    if errors:
        return False, _count(errors, {})
    return True, _runs(executable)


def _picture(definitions: Definitions) -> Words:
    if not definitions.processes:
        return {
            "en": "It cannot run: it holds no process, it is a picture only.",
            "zh": "不能执行：文件中没有流程，仅为示意图。",
        }
    names = ", ".join(sorted(p.title.get("en") or p.key for p in definitions.processes.values()))
    zh = "、".join(sorted(p.title.get("zh") or p.key for p in definitions.processes.values()))
    return {
        "en": f"It cannot run: no process is marked as executable ({names}); it is a picture only.",
        "zh": f"不能执行：没有流程标记为可执行（{zh}），仅为示意图。",
    }


def _count(errors: list[Problem], fine: Words) -> Words:
    if not errors:
        return fine
    first, count = errors[0], len(errors)
    where = f"{first.element}: " if first.element else ""
    more_en = f" And {count - 1} more." if count > 1 else ""
    more_zh = f"另有 {count - 1} 处。" if count > 1 else ""
    return {
        "en": f"It cannot run yet. {where}{first.message.get('en', '')}{more_en}",
        "zh": f"暂不能执行。{where}{first.message.get('zh', '')}{more_zh}",
    }


def _runs(processes: list[ProcessModel]) -> Words:
    en, zh = [], []
    for process in processes:
        starts_en, starts_zh = _starts(process)
        en.append(f"{process.title.get('en') or process.key} {starts_en}")
        zh.append(f"{process.title.get('zh') or process.key}{starts_zh}")
    return {"en": f"It can run: {'; '.join(en)}.", "zh": f"可以执行：{'；'.join(zh)}。"}


def _starts(process: ProcessModel) -> tuple[str, str]:
    en, zh = [], []
    for node in process.scope.entries:
        for trigger in node.triggers:
            name = trigger.name or ""
            if trigger.kind == "message":
                en.append(f"on the message {name}")
                zh.append(f"收到消息 {name}")
            elif trigger.kind == "signal":
                en.append(f"on the signal {name}")
                zh.append(f"收到信号 {name}")
            elif trigger.kind == "timer":
                en.append(f"by its timer {trigger.expression or ''}".rstrip())
                zh.append(f"定时 {trigger.expression or ''}".rstrip())
            elif trigger.kind == "conditional":
                en.append("on a condition")
                zh.append("条件满足")
    if not en:
        return "starts when it is called or started by hand", "由调用或手动启动"
    return f"starts {' or '.join(en)}", f"在{'或'.join(zh)}时启动"
