// The palette and the context pad offer the steps of a desk: human tasks and actions instead of tasks without a kind.
import { t } from "../texts.js";

const STEPS = () => [
  ["bpmn:UserTask", "bpmn-icon-user-task", t("Human task")],
  ["bpmn:ServiceTask", "bpmn-icon-service-task", t("Action of the system")],
  ["bpmn:BusinessRuleTask", "bpmn-icon-business-rule-task", t("Decision table")],
];
const DROPPED = ["create.task", "create.data-object", "create.data-store", "create.group"];

export function paletteModule(addingOf) {
  class DeskPalette {
    constructor(palette, create, elementFactory) {
      Object.assign(this, { create, elementFactory });
      palette.registerProvider(500, this);
    }

    getPaletteEntries() {
      const added = {
        "create.any": { group: "activity", className: "ldz-pad-more", title: t("Add a step… (N)"), action: { click: () => addingOf().step(null) } },
      };
      for (const [type, className, title] of STEPS()) {
        const begin = (event) => this.create.start(event, this.elementFactory.createShape({ type }));
        added[`create.${type}`] = { group: "activity", className, title, action: { dragstart: begin, click: begin } };
      }
      return (entries) => {
        const kept = Object.fromEntries(Object.entries(entries).filter(([name]) => !DROPPED.includes(name)));
        return { ...kept, ...added };
      };
    }
  }
  DeskPalette.$inject = ["palette", "create", "elementFactory"];

  class DeskContextPad {
    constructor(contextPad, autoPlace, create, elementFactory) {
      Object.assign(this, { autoPlace, create, elementFactory });
      contextPad.registerProvider(500, this);
    }

    getContextPadEntries(element) {
      return (entries) => {
        const { "append.append-task": task, ...kept } = entries;
        if (!task) return entries;
        const shape = () => this.elementFactory.createShape({ type: "bpmn:UserTask" });
        const more = { group: "model", className: "ldz-pad-more", title: t("Append a step… (A)"), action: { click: () => addingOf().step(element) } };
        const human = {
          group: "model", className: "bpmn-icon-user-task", title: t("Append a human task"),
          action: { click: () => this.autoPlace.append(element, shape()), dragstart: (event) => this.create.start(event, shape(), { source: element }) },
        };
        return { "append.user-task": human, ...kept, "append.more": more };
      };
    }
  }
  DeskContextPad.$inject = ["contextPad", "autoPlace", "create", "elementFactory"];

  return { __init__: ["deskPalette", "deskContextPad"], deskPalette: ["type", DeskPalette], deskContextPad: ["type", DeskContextPad] };
}
