// Reading and writing what a BPMN element says, as undoable steps of bpmn-js.
export class Elements {
  constructor(editor) {
    this.editor = editor;
  }

  get modeling() { return this.editor.get("modeling"); }
  get factory() { return this.editor.get("bpmnFactory"); }

  // Attributes of the element itself; undefined removes one.
  set(element, values) {
    this.modeling.updateProperties(element, values);
  }

  // Attributes of something within the element.
  setIn(element, inner, values) {
    this.modeling.updateModdleProperties(element, inner, values);
  }

  make(type, values, parent) {
    const made = this.factory.create(type, values);
    made.$parent = parent;
    for (const value of Object.values(values)) for (const child of Array.isArray(value) ? value : [value]) if (child?.$type) child.$parent = made;
    return made;
  }

  extensions(bo, type) {
    return (bo?.get?.("extensionElements")?.values ?? []).filter((value) => value.$type === type);
  }

  extension(bo, type) {
    return this.extensions(bo, type)[0];
  }

  // Adds an extension element below `bo` (the element's business object, or something within it).
  addExtension(element, bo, type, values) {
    const holder = bo.get("extensionElements") ?? this.make("bpmn:ExtensionElements", { values: [] }, bo);
    const added = this.make(type, values, holder);
    const next = this.make("bpmn:ExtensionElements", { values: [...holder.values, added] }, bo);
    added.$parent = next;
    this.setIn(element, bo, { extensionElements: next });
    return added;
  }

  removeExtension(element, bo, value) {
    const values = bo.get("extensionElements").values.filter((one) => one !== value);
    this.setIn(element, bo, { extensionElements: values.length ? this.make("bpmn:ExtensionElements", { values }, bo) : undefined });
  }

  // Sets attributes of the one extension of a type: makes it, or removes it when nothing is left in it.
  setExtension(element, bo, type, values) {
    const one = this.extension(bo, type);
    if (!one) {
      if (Object.values(values).some((value) => value !== undefined)) this.addExtension(element, bo, type, values);
      return;
    }
    const left = one.$descriptor.properties.some(({ name, isMany }) => {
      const local = name.split(":").pop();
      const value = local in values ? values[local] : one.get(local);
      return isMany ? value?.length : value !== undefined && value !== "";
    });
    if (left) this.setIn(element, one, values);
    else this.removeExtension(element, bo, one);
  }

  // An expression element such as timeDuration or conditionExpression.
  setExpression(element, holder, property, text) {
    const value = text === undefined ? undefined : this.make("bpmn:FormalExpression", { body: text }, holder);
    this.setIn(element, holder, { [property]: value });
  }

  // Messages, signals, errors, escalations stand at the file's root.
  roots(type) {
    return this.editor.modeler.getDefinitions().rootElements.filter((root) => root.$type === type);
  }

  addRoot(element, type, values) {
    const definitions = this.editor.modeler.getDefinitions();
    const root = this.make(type, values, definitions);
    this.setIn(element, definitions, { rootElements: [...definitions.rootElements, root] });
    return root;
  }

  removeRoot(element, root) {
    const definitions = this.editor.modeler.getDefinitions();
    this.setIn(element, definitions, { rootElements: definitions.rootElements.filter((one) => one !== root) });
  }
}
