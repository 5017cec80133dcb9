// What the properties panel may ask of the page: files of the folder, opening and making them.
import { call } from "./api.js";
import { toast } from "./dom.js";
import { newDecision, newForm } from "./starters.js";
import { t } from "./texts.js";
import { fileName } from "./tree.js";

export function propertiesContext(workspace) {
  const folder = () => workspace.active.file.path.slice(0, workspace.active.file.path.lastIndexOf("/") + 1);
  const here = (kind) => workspace.files.filter((file) => file.kind === kind && file.path.startsWith(folder()) && file.key);
  const create = async (kind, id, name, content, ending) => {
    const path = `${folder()}${id}${ending}`;
    const known = workspace.files.find((file) => file.path === path);
    if (known) { workspace.open(known); return known.key ?? id; }
    try {
      const file = await call("POST", "/files", { path, content });
      await workspace.refreshFiles();
      workspace.catalogueSoon();
      workspace.open(workspace.files.find(({ id: number }) => number === file.id) ?? file);
      return id;
    } catch (error) { workspace.failed(error); return null; }
  };
  return {
    catalogue: workspace.catalogue,
    fieldsOf: (form) => workspace.forms.get(form) ?? [],
    folderForms: () => here("form").map((file) => [file.key, fileName(file)]),
    folderDecisions: () => here("dmn").map((file) => [file.key, fileName(file)]),
    openStores: () => workspace.tabs.filter(({ editor }) => editor?.marks).flatMap(({ editor }) => editor.modeler.getDefinitions().rootElements.filter(({ $type }) => $type === "bpmn:DataStore")),
    openFile: (kind, key) => {
      const file = here(kind).find((one) => one.key === key) ?? workspace.files.find((one) => one.kind === kind && one.key === key);
      if (file) workspace.open(file);
      else toast(t("The library has no such file."), "warning", t("Dismiss"));
    },
    newForm: (id) => create("form", id, id, newForm(id), ".form"),
    newDecision: (id) => create("dmn", `${id}-decision`, id, newDecision(`${id}-decision`, workspace.active.editor.nameOf(id) || id), ".dmn"),
  };
}
