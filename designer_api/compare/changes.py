"""A difference between two versions, and how it is said."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from desk.diagrams.kinds import KINDS

Words = dict[str, str]
Kind = Literal["added", "removed", "moved", "changed"]

_KINDS = {
    "task": ("task", "任务"), "userTask": ("human task", "人工任务"),
    "serviceTask": ("service task", "服务任务"), "scriptTask": ("script task", "脚本任务"),
    "sendTask": ("send task", "发送任务"), "receiveTask": ("receive task", "接收任务"),
    "manualTask": ("manual task", "手工任务"), "businessRuleTask": ("decision task", "决策任务"),
    "callActivity": ("call", "调用活动"), "subProcess": ("sub-process", "子流程"),
    "adHocSubProcess": ("ad-hoc sub-process", "自由子流程"), "transaction": ("transaction", "事务"),
    **{tag: (kind.en, kind.zh) for tag, kind in KINDS.items()},
    "sequenceFlow": ("flow", "连线"), "messageFlow": ("message flow", "消息流"),
    "association": ("association", "关联"), "lane": ("lane", "泳道"),
    "laneSet": ("lanes", "泳道组"), "participant": ("pool", "泳池"),
    "process": ("process", "流程"), "collaboration": ("collaboration", "协作"),
    "message": ("message", "消息"), "signal": ("signal", "信号"), "error": ("error", "错误"),
    "escalation": ("escalation", "升级"), "textAnnotation": ("note", "注释"), "group": ("group", "组"),
    "dataObject": ("data object", "数据对象"),
    "dataObjectReference": ("data object", "数据对象"),
    "dataStoreReference": ("data store", "数据存储"),
    "definitions": ("file", "文件"),
    "decision": ("decision", "决策"), "inputData": ("input data", "输入数据"),
    "knowledgeSource": ("knowledge source", "知识来源"),
    "businessKnowledgeModel": ("knowledge model", "业务知识模型"),
    "decisionService": ("decision service", "决策服务"), "rule": ("rule", "规则"),
    "input": ("input", "输入列"), "output": ("output", "输出列"), "annotation": ("annotation", "注解列"),
    "form": ("form", "表单"), "field": ("field", "字段"), "scenario": ("scenario", "场景"),
    "step": ("step", "步骤"), "itemDefinition": ("type", "类型"),
}  # fmt: skip
_PROPERTIES = {
    "name": ("name", "名称"), "documentation": ("documentation", "说明"),
    "conditionExpression": ("condition", "条件"), "default": ("default way on", "默认连线"),
    "sourceRef": ("start", "起点"), "targetRef": ("target", "终点"), "lane": ("lane", "泳道"),
    "timer": ("timer", "定时"), "message": ("message", "消息"), "signal": ("signal", "信号"),
    "isExecutable": ("executable", "可执行"), "cancelActivity": ("interrupting", "中断"),
    "isInterrupting": ("interrupting", "中断"), "calledElement": ("called process", "被调用流程"),
    "humanTask.form": ("form", "表单"), "humanTask.assignee": ("assignee", "处理人"),
    "humanTask.candidates": ("candidates", "候选人"), "humanTask.due": ("due", "截止时间"),
    "humanTask.excluded": ("who may not do it", "排除人员"), "humanTask.subject": ("subject", "事由"),
    "humanTask.readonly": ("fields only shown", "只显示的字段"),
    "humanTask.hidden": ("fields left out", "不出现的字段"),
    "humanTask.followUp": ("follow-up", "跟进时间"), "humanTask.priority": ("priority", "优先级"),
    "operator.name": ("operator", "操作"), "operator.result": ("result", "结果变量"),
    "operator.retries": ("retries", "重试次数"), "operator.backoff": ("waiting before a retry", "重试间隔"),
    "called.version": ("version of the called process", "被调用流程的版本"),
    "decision.key": ("decision", "决策"), "decision.result": ("result", "结果变量"),
    "decision.binding": ("version of the decision", "决策版本"),
    "subscription.correlationKey": ("correlation key", "关联键"),
    "rule": ("rule", "规则"), "rule.kind": ("kind of rule", "规则类型"),
    "rule.timing": ("when the rule is asked", "规则时机"), "rule.scope": ("whom the rule is for", "规则范围"),
    "loop.isSequential": ("one after the other", "依次执行"), "loop.collection": ("for each of", "遍历列表"),
    "loop.element": ("name of each", "每项变量"), "loop.outputCollection": ("collected into", "汇总到"),
    "loop.outputElement": ("collected of each", "每项汇总值"),
    "loop.completionCondition": ("enough when", "提前完成条件"), "loop.loopCardinality": ("times", "次数"),
    "loop.loopCondition": ("again while", "循环条件"), "loop.loopMaximum": ("at most (times)", "最多次数"),
    "loop.testBefore": ("asked before the first time", "首次执行前判断"),
    "text en": ("English name", "英文名称"), "text zh": ("Chinese name", "中文名称"),
    "attachedToRef": ("step that it stands on", "所在步骤"), "conditional": ("condition", "条件"),
    "error": ("error", "错误"), "escalation": ("escalation", "升级"), "link": ("link", "链接"),
    "terminate": ("ends everything", "结束整个流程"), "compensate": ("compensation", "补偿"),
    "cancel": ("cancel", "取消"), "script": ("script", "脚本"), "processRef": ("process", "流程"),
    "triggeredByEvent": ("started by an event", "由事件启动"), "isForCompensation": ("for compensation", "用于补偿"),
    "errorCode": ("error code", "错误代码"), "escalationCode": ("escalation code", "升级代码"),
    "startCondition": ("start condition", "启动条件"), "label": ("label", "标签"),
    "text": ("text", "文本"), "hitPolicy": ("hit policy", "命中策略"), "expression": ("expression", "表达式"),
    "position": ("position", "位置"), "type": ("type", "类型"),
    "key": ("key", "标识"), "title": ("title", "标题"), "description": ("help", "帮助说明"),
    "disabled": ("disabled", "禁用"), "readonly": ("read-only", "只读"),
    "defaultValue": ("default value", "默认值"), "values": ("options", "选项"),
    "conditional.hide": ("hidden if", "隐藏条件"), "validate.required": ("required", "必填"),
    "validate.min": ("least", "最小值"), "validate.max": ("most", "最大值"),
    "validate.minLength": ("least length", "最小长度"),
    "validate.maxLength": ("most length", "最大长度"), "validate.pattern": ("pattern", "格式"),
    "properties.label:en": ("English label", "英文标签"),
    "properties.description:en": ("English help", "英文帮助说明"),
    "properties.values:en": ("English options", "英文选项"),
}  # fmt: skip
_NAMED = {  # properties of which there are several, each with a name
    "param": ("parameter", "参数"), "outcome": ("button", "按钮"), "assign": ("variable", "变量"),
    "input": ("input", "输入"), "output": ("output", "输出"), "text": ("name in", "名称"),
}  # fmt: skip
_VERBS = {
    "added": ("Added {kind} “{name}”.", "新增{kind}“{name}”。"),
    "removed": ("Removed {kind} “{name}”.", "删除{kind}“{name}”。"),
    "moved": ("Moved {kind} “{name}”.", "移动{kind}“{name}”。"),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One difference; `fact`, `old` and `new` are there for what was changed."""

    kind: Kind
    element: str
    type: str
    name: Words = field(default_factory=dict)
    fact: str | None = None  # the property
    old: Any = None
    new: Any = None
    old_name: Words | None = None  # of the element that the property leads to
    new_name: Words | None = None
    fact_name: Words | None = None  # what people have called it, where they have (a column's heading)

    @property
    def words(self) -> Words:
        """The difference as a sentence."""
        return {"en": self._say(0), "zh": self._say(1)}

    def _say(self, language: int) -> str:
        kind = _KINDS.get(self.type, (self.type, self.type))[language]
        name = self.name.get(("en", "zh")[language]) or self.element
        if self.kind != "changed":
            return _VERBS[self.kind][language].format(kind=kind, name=name)
        tag = ("en", "zh")[language]
        what = self.fact_name[tag] if self.fact_name else _property(self.fact or "", language)
        old = _shown(self.old_name[tag] if self.old_name else self.old, language)
        new = _shown(self.new_name[tag] if self.new_name else self.new, language)
        if language == 0:
            return f"{kind.capitalize()} “{name}”: {what} was {old}, is now {new}."
        return f"{kind}“{name}”：{what}由{old}改为{new}。"

    def as_json(self) -> dict[str, Any]:
        """As designer_api.compare.schemas.DiffChangeSchema has it."""
        return {
            "kind": self.kind,
            "element": self.element,
            "type": self.type,
            "name": self.name,
            "property": self.fact,
            "old": self.old,
            "new": self.new,
            "words": self.words,
        }


def _property(fact: str, language: int) -> str:
    if fact in _PROPERTIES:
        return _PROPERTIES[fact][language]
    kind, _, name = fact.partition(" ")
    if kind not in _NAMED:
        return fact
    said = _NAMED[kind][language]
    return f"{said}{(' ', '')[language]}“{name}”" if name else said


def _shown(value: Any, language: int) -> str:
    if value is None or value == "":
        return ("empty", "空")[language]
    if isinstance(value, bool):
        return (("no", "否"), ("yes", "是"))[value][language]
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = plain.replace("\n", " ")
    return f"“{text[:200]}…”" if len(text) > 200 else f"“{text}”"
