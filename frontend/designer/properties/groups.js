// Which groups of properties an element has. One function a group; each is given
// {element, bo, editor, catalogue, openFile, …} and gives {key, title, fields} or null.
import { Elements } from "./elements.js";
import { generalGroup, documentationGroup, processGroup } from "./general.js";
import { humanGroups } from "./human.js";
import { operatorGroups } from "./operator.js";
import { callGroup, decisionGroup } from "./calls.js";
import { conditionGroup, linkGroup, startGroup, triggerGroup } from "./events.js";
import { timerGroup } from "./timer.js";
import { assignGroup, loopGroup, mappingGroups, storeGroup } from "./data.js";

const GROUPS = [
  generalGroup, processGroup, storeGroup, triggerGroup, timerGroup, linkGroup, startGroup, ...humanGroups, ...operatorGroups, decisionGroup, callGroup,
  conditionGroup, assignGroup, loopGroup, ...mappingGroups, documentationGroup,
];

export function groupsOf(context) {
  const full = { ...context, of: new Elements(context.editor) };
  return GROUPS.map((group) => group(full)).filter((group) => group?.fields.length);
}
