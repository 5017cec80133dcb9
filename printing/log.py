"""What the audit log says of printing."""

from desk.audit import actions
from engine.operators import Text

actions.declare(
    {
        "tickets_printed": Text("Printed tickets", "打印了工单"),
        "layout_changed": Text("Changed a print layout", "修改了打印版式"),
    }
)
