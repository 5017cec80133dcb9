// What can be done with a file: from the library, and from the bar above the open one.
import { icon, openMenu } from "./dom.js";
import { askDelete, askRename, newFileDialog } from "./files.js";
import { t } from "./texts.js";

export function fileMenu(workspace, file, anchor) {
  openMenu(anchor, [
    { words: t("Open"), sign: icon("pencil", 16), act: () => workspace.open(file) },
    { words: t("History and differences"), sign: icon("history", 16), act: () => workspace.open(file).then(() => workspace.history(file)) },
    { words: t("Duplicate"), sign: icon("copy", 16), act: () => newFileDialog(workspace, { copyOf: file }) },
    { words: t("Rename or move…"), sign: icon("folder", 16), act: () => askRename(workspace, file) },
    { words: t("Download"), sign: icon("download", 16), act: () => workspace.download(file) },
    null,
    { words: t("Delete…"), sign: icon("trash", 16), danger: true, act: () => askDelete(workspace, file) },
  ]);
}

export function moreMenu(workspace, anchor) {
  const tab = workspace.active;
  openMenu(anchor, [
    { words: t("Run the scenarios"), sign: icon("list-check", 16), act: () => workspace.scenarios() },
    { words: t("Try it on last month’s cases…"), sign: icon("hourglass", 16), act: () => workspace.backtest() },
    tab.file.kind === "bpmn" && workspace.settings.mayMigrate ? { words: t("Move running instances…"), sign: icon("arrows-exchange", 16), act: () => workspace.migrate(tab.file.key) } : null,
    null,
    { words: t("Download"), sign: icon("download", 16), act: () => workspace.download(tab.file) },
    { words: t("Rename or move…"), sign: icon("folder", 16), act: () => askRename(workspace, tab.file) },
    { words: t("Keys of the designer"), sign: icon("keyboard", 16), act: () => workspace.help() },
  ].filter((item, index) => item !== null || index === 3));
}
