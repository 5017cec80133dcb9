// Timers: how long, when, or how often; with a calendar picker and a sentence that says what it means.
import { t } from "../texts.js";
import { button, h } from "../dom.js";
import { selectField, showing, valueField } from "./fields.js";
import { sentenceOf } from "./sentence.js";

const KINDS = () => [["timeDuration", t("After a while")], ["timeDate", t("At a point in time")], ["timeCycle", t("Again and again")]];
const PROPERTIES = ["timeDuration", "timeDate", "timeCycle"];
const WORDS = { timeDuration: "duration", timeDate: "date", timeCycle: "cycle" };
const EXAMPLES = { timeDuration: "PT4H", timeDate: "2026-12-24T18:00:00+08:00", timeCycle: "0 9 * * MON" };
const QUICK = () => ({
  timeDuration: [["PT15M", t("15 minutes")], ["PT4H", t("4 hours")], ["P1D", t("1 day")], ["P7D", t("7 days")], ['=working time(now(), @"PT8H")', t("8 working hours")]],
  timeDate: [["=ticket.deadline", t("Deadline of the ticket")]],
  timeCycle: [["0 9 * * *", t("Every day at 9")], ["0 9 * * MON", t("Mondays at 9")], ["R3/PT1H", t("3 times, every hour")]],
});

export function timerGroup({ element, bo, of, catalogue }) {
  const definition = bo.eventDefinitions?.find(({ $type }) => $type === "bpmn:TimerEventDefinition");
  if (!definition) return null;
  const kind = () => PROPERTIES.find((property) => definition.get(property)) ?? definition.ldzKind ?? "timeDuration";
  const write = (text) => of.setExpression(element, definition, kind(), text);
  const choose = selectField({
    key: "timer-kind", label: t("When"), options: KINDS(), get: kind,
    set: (property) => {
      definition.ldzKind = property;
      of.setIn(element, definition, Object.fromEntries(PROPERTIES.map((name) => [name, undefined])));
    },
  });
  const value = valueField({
    key: `timer-${kind()}`, label: { timeDuration: t("How long"), timeDate: t("When exactly"), timeCycle: t("How often") }[kind()],
    placeholder: EXAMPLES[kind()], get: () => definition.get(kind())?.body, set: write, below: sentenceOf("timer", () => definition.get(kind())?.body, () => WORDS[kind()]),
  });
  const functions = new Set((catalogue?.functions ?? []).map(({ name }) => name));
  const quick = QUICK()[kind()].filter(([text]) => !text.startsWith("=working") || functions.has("working time"));
  const fields = [choose, value, showing(`quick-${kind()}`, h("div", { class: "ldz-quick" }, quick.map(([text, words]) => button(words, { kind: "quiet", onclick: () => write(text) }))))];
  if (kind() === "timeDate") {
    const pick = h("input", { class: "form-control", type: "datetime-local", "aria-label": t("Pick from the calendar"), onchange: () => { if (pick.value) { write(new Date(pick.value).toISOString().replace(".000", "")); } } });
    fields.push(showing("timer-pick", h("div", { class: "ldz-field" }, h("span", { class: "form-label" }, t("Pick from the calendar")), pick)));
  }
  return { key: "timer", title: t("Time"), fields };
}
