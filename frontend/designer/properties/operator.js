// A service task: which operator, with which parameters; what happens when it fails.
import { both, t } from "../texts.js";
import { button, h, icon } from "../dom.js";
import { choose } from "../bpmn/choose.js";
import { operatorChoice } from "../bpmn/kinds.js";
import { listField, showing, textField, valueField } from "./fields.js";

const isCall = (bo) => ["bpmn:ServiceTask", "bpmn:SendTask"].includes(bo.$type);
const BOOLEAN = () => [["", "–"], ["=true", t("yes")], ["=false", t("no")]];
const KINDS = () => ({ number: t("number"), boolean: t("yes or no"), "date-time": t("point in time"), duration: t("duration"), list: t("list"), context: t("data") });

function picker({ element, bo, of, catalogue }) {
  const operator = () => of.extension(bo, "lanedesk:Operator");
  const known = () => catalogue?.operators.find(({ name }) => name === operator()?.name);
  const pick = async () => {
    const choice = await choose(t("Which action?"), (catalogue?.operators ?? []).map(operatorChoice));
    if (!choice) return;
    if (operator()) of.setIn(element, operator(), { name: choice.operator.name, params: [] });
    else of.addExtension(element, bo, "lanedesk:Operator", { name: choice.operator.name });
  };
  const name = operator()?.name;
  return showing(`operator:${name}`, h("div", { class: "ldz-picked", "data-key": "operator" },
    name ? h("div", {}, h("strong", {}, known() ? icon(known().icon, 16) : null, known() ? both(known().title) : name), h("code", {}, name), known()?.help ? h("p", { class: "form-hint" }, both(known().help)) : h("p", { class: "ldz-sentence is-fault" }, t("This desk has no such action."))) : h("p", { class: "ldz-words" }, t("Nothing is chosen yet.")),
    button(name ? t("Choose another…") : t("Choose an action…"), { sign: icon("search", 16), kind: name ? "quiet" : "", onclick: pick })));
}

function parameterField({ element, bo, of }, operator, parameter) {
  const param = () => operator().params?.find(({ name }) => name === parameter.name);
  const kind = KINDS()[parameter.kind];
  const options = parameter.choices?.length ? [["", parameter.required ? "–" : t("(as usual: {value})", { value: parameter.default ?? "–" })], ...parameter.choices.map((choice) => [choice, choice])]
    : parameter.kind === "boolean" ? BOOLEAN() : undefined;
  return valueField({
    key: `param-${parameter.name}`, label: `${both(parameter.title) || parameter.name}${parameter.required ? " *" : ""}`,
    help: [both(parameter.help), kind].filter(Boolean).join(" · "), options,
    placeholder: parameter.default === null || parameter.default === undefined ? "" : String(parameter.default),
    get: () => param()?.value,
    set: (value) => {
      const params = operator().params ?? [];
      if (value === undefined) of.setIn(element, operator(), { params: params.filter((one) => one.name !== parameter.name) });
      else if (param()) of.setIn(element, param(), { value });
      else of.setIn(element, operator(), { params: [...params, of.make("lanedesk:Param", { name: parameter.name, value }, operator())] });
    },
  });
}

function action(context) {
  const { element, bo, of, catalogue } = context;
  if (!isCall(bo)) return null;
  const operator = () => of.extension(bo, "lanedesk:Operator");
  const fields = [picker(context)];
  const declared = catalogue?.operators.find(({ name }) => name === operator()?.name);
  if (declared) fields.push(...declared.parameters.map((parameter) => parameterField(context, operator, parameter)));
  const strange = (operator()?.params ?? []).filter(({ name }) => !declared?.parameters.some((parameter) => parameter.name === name));
  if (strange.length) {
    fields.push(listField({
      key: "params", flat: true, items: () => strange, titleOf: (param) => param.name,
      remove: (param) => of.setIn(element, operator(), { params: operator().params.filter((one) => one !== param) }),
      fieldsOf: (param) => [valueField({ key: `param-${param.name}`, label: param.name, get: () => param.value, set: (value) => of.setIn(element, param, { value: value ?? "" }) })],
    }));
  }
  if (operator()) fields.push(textField({ key: "result", label: t("Keep the result as"), help: t("Without a name its values become variables themselves."), get: () => operator()?.result, set: (result) => of.setIn(element, operator(), { result }) }));
  return { key: "operator", title: t("Action"), fields };
}

function failure({ element, bo, of, catalogue }) {
  const operator = () => of.extension(bo, "lanedesk:Operator");
  const declared = catalogue?.operators.find(({ name }) => name === operator()?.name);
  if (!isCall(bo) || !operator() || declared?.kind === "inline") return null;
  return {
    key: "failure", title: t("When it fails"), open: false, fields: [
      textField({ key: "retries", label: t("Tries"), type: "number", placeholder: String(declared?.tries ?? 5), get: () => operator()?.retries, set: (retries) => of.setIn(element, operator(), { retries }) }),
      textField({ key: "backoff", label: t("Pause between tries"), placeholder: declared?.backoff ?? "PT30S", help: t("It doubles each time. After the last try there is an incident."), get: () => operator()?.backoff, set: (backoff) => of.setIn(element, operator(), { backoff }) }),
    ],
  };
}

export const operatorGroups = [action, failure];
