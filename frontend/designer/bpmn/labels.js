// Places of labels are made for Chinese names; an English word would be broken in them. Only the picture is changed.
const WIDTH = 90; // of the drawing: the widest that bpmn-js makes by itself

export function widenLabels(viewer) {
  const renderer = viewer.get("textRenderer");
  for (const label of viewer.get("elementRegistry").filter(({ labelTarget, width }) => labelTarget && width < WIDTH)) {
    const middle = label.x + label.width / 2;
    const room = renderer.getExternalLabelBounds({ x: middle - WIDTH / 2, y: label.y, width: WIDTH, height: label.height }, label.businessObject.name ?? "");
    if (room.width <= label.width) continue;
    // Beside a flow it begins where it began.
    Object.assign(label, { width: room.width, height: room.height, x: label.labelTarget.waypoints ? label.x : room.x });
    viewer.get("graphicsFactory").update("shape", label, viewer.get("elementRegistry").getGraphics(label));
  }
}
