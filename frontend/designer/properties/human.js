// A human task: who, with which form, by when; the outcomes as buttons.
import { both, t } from "../texts.js";
import { h } from "../dom.js";
import { listField, selectField, showing, textField, valueField, withActs } from "./fields.js";
import { sentenceOf } from "./sentence.js";

const PRIORITIES = () => [["", t("As the ticket")], ["30", t("Low")], ["50", t("Normal")], ["70", t("High")], ["90", t("Urgent")]];
// A date and time, a formula, or a duration from when the task is there.
const momentKind = (text = "") => (text.startsWith("=") ? "expression" : /^\d/.test(text) ? "date" : "duration");
const isHuman = (bo) => bo.$type === "bpmn:UserTask";

function formField({ element, bo, of, catalogue, folderForms, openFile, newForm }) {
  const get = () => of.extension(bo, "lanedesk:HumanTask")?.form;
  const forms = new Map([...folderForms(), ...(catalogue?.forms ?? []).map((form) => [form.value, both(form.names) || form.value])]);
  const field = selectField({
    key: "form", label: t("Form"), get, options: [["", t("No form, only the buttons")], ...forms],
    set: (form) => of.setExtension(element, bo, "lanedesk:HumanTask", { form }),
  });
  return withActs(field, [
    { words: t("Open"), sign: "pencil", act: () => openFile("form", get()), needed: get },
    { words: t("New form"), sign: "plus", act: async () => {
      const form = await newForm(bo.id);
      if (form) of.setExtension(element, bo, "lanedesk:HumanTask", { form });
    } }]);
}

function who({ element, bo, of, catalogue }) {
  if (!isHuman(bo)) return null;
  const work = () => of.extension(bo, "lanedesk:HumanTask");
  const set = (values) => of.setExtension(element, bo, "lanedesk:HumanTask", values);
  const lane = element.parent && bo.lanes?.[0]?.name;
  const picks = [["", t("Nobody yet: only supervisors see it")], ...["roles", "teams", "people"].flatMap((kind) => (catalogue?.[kind] ?? []).map((pick) => [pick.value, both(pick.names)]))];
  const people = [["", t("Nobody in particular")], ...(catalogue?.people ?? []).map((pick) => [pick.value, both(pick.names)])];
  return {
    key: "who", title: t("Who and when"), fields: [
      valueField({ key: "candidates", label: t("Offered to"), options: picks, help: lane ? t("The lane “{lane}” says it to the reader; this says it to the desk.", { lane }) : null, get: () => work()?.candidates, set: (candidates) => set({ candidates }) }),
      valueField({ key: "excluded", label: t("But not to"), options: people, get: () => work()?.excluded, set: (excluded) => set({ excluded }), help: t("Whoever may not do this step though their role may: who asked, who approved before.") }),
      valueField({ key: "assignee", label: t("Given to"), options: people, get: () => work()?.assignee, set: (assignee) => set({ assignee }), help: t("A person who then need not accept it.") }),
      valueField({ key: "subject", label: t("What it is about"), get: () => work()?.subject, set: (subject) => set({ subject }), help: t("Stands in the lists of tasks where the flow has no ticket of its own.") }),
      valueField({ key: "due", label: t("Due"), placeholder: "PT4H", get: () => work()?.due, set: (due) => set({ due }), below: sentenceOf("due", () => work()?.due, () => momentKind(work()?.due)) }),
      valueField({ key: "followUp", label: t("Not before"), placeholder: "P1D", get: () => work()?.followUp, set: (followUp) => set({ followUp }), below: sentenceOf("followUp", () => work()?.followUp, () => momentKind(work()?.followUp)) }),
      valueField({ key: "priority", label: t("Priority"), options: PRIORITIES(), get: () => work()?.priority, set: (priority) => set({ priority }) }),
    ],
  };
}

function form(context) {
  if (!isHuman(context.bo)) return null;
  return { key: "form", title: t("Form"), fields: [formField(context)] };
}

const ACCESS = () => [["", t("Is filled in")], ["readonly", t("Is only shown")], ["hidden", t("Is left out")]];
const listed = (text) => (text ?? "").split(",").map((name) => name.trim()).filter(Boolean);

// What this step does with each field of its form, which others may share.
function access({ element, bo, of, fieldsOf }) {
  const work = () => of.extension(bo, "lanedesk:HumanTask");
  if (!isHuman(bo) || !work()?.form) return null;
  const said = () => ["readonly", "hidden"].flatMap((how) => listed(work()?.get(how)));
  const labels = new Map(fieldsOf(work().form).map(({ name, label }) => [name, label]));
  for (const name of said()) if (!labels.has(name)) labels.set(name, name); // the form has it no more
  const change = (name, wanted) => of.setExtension(element, bo, "lanedesk:HumanTask", Object.fromEntries(["readonly", "hidden"].map((how) => {
    const left = listed(work().get(how)).filter((other) => other !== name);
    if (how === wanted) left.push(name);
    return [how, left.join(", ") || undefined];
  })));
  const fields = [...labels].map(([name, label]) => selectField({
    key: `field-${name}`, label, options: ACCESS(),
    get: () => ["readonly", "hidden"].find((how) => listed(work()?.get(how)).includes(name)), set: (wanted) => change(name, wanted),
  }));
  return { key: "fields", title: t("Fields in this step"), count: said().length || null, open: said().length > 0, fields };
}

const STYLES = () => [["default", t("Plain")], ["primary", t("Highlighted")], ["danger", t("Warning colour")]];

function outcomes({ element, bo, of }) {
  if (!isHuman(bo)) return null;
  const work = () => of.extension(bo, "lanedesk:HumanTask");
  const all = () => work()?.outcomes ?? [];
  const add = () => {
    const names = all().map((outcome) => outcome.id);
    let number = names.length + 1;
    while (names.includes(`outcome${number}`)) number += 1;
    const made = of.make("lanedesk:Outcome", { id: `outcome${number}`, name: "", style: names.length ? "default" : "primary" });
    if (!work()) of.addExtension(element, bo, "lanedesk:HumanTask", { outcomes: [made] });
    else { made.$parent = work(); of.setIn(element, work(), { outcomes: [...all(), made] }); }
  };
  const list = listField({
    key: "outcomes", items: all, addWords: t("Add a button"), add,
    titleOf: (outcome) => outcome.name || outcome.id,
    remove: (outcome) => of.setIn(element, work(), { outcomes: all().filter((one) => one !== outcome) }),
    fieldsOf: (outcome, index) => [
      textField({ key: `o${index}-name`, label: t("Words (Chinese)"), get: () => outcome.name, set: (name) => of.setIn(element, outcome, { name }) }),
      textField({ key: `o${index}-en`, label: t("Words (English)"), get: () => outcome.get("name-en"), set: (value) => of.setIn(element, outcome, { "name-en": value }) }),
      textField({ key: `o${index}-id`, label: t("Value of “outcome”"), get: () => outcome.id, set: (id) => of.setIn(element, outcome, { id }) }),
      selectField({ key: `o${index}-style`, label: t("Look"), options: STYLES(), get: () => outcome.style ?? "default", set: (style) => of.setIn(element, outcome, { style }) }),
      textField({ key: `o${index}-needs`, label: t("Needs these fields"), placeholder: "solution, team|person", get: () => outcome.needs, set: (needs) => of.setIn(element, outcome, { needs }) }),
    ],
  });
  const hint = showing("outcomes-hint", h("p", { class: "ldz-words" }, t("Branch on them afterwards with outcome = \"…\".")));
  return { key: "outcomes", title: t("Buttons"), count: all().length || null, fields: all().length ? [list, hint] : [list] };
}

export const humanGroups = [form, access, who, outcomes];
