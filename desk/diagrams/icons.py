"""The small drawings inside shapes, as paths around (0, 0).

Drawn by us after the notation of BPMN 2.0: event definitions in a circle of radius 18 (table 10.93), task types in a
square of 16 (table 10.3), activity markers in a square of 14 (figure 10.7), gateway markers in a diamond of 50.
"""

from typing import Final

# of events; "stroke" are drawn as lines even where the event throws and the icon is filled
EVENTS: Final[dict[str, str]] = {
    "message": "M-9,-6.5H9V6.5H-9Z M-9,-6.5L0,1L9,-6.5",
    "timer": (
        "M0,-10.5A10.5,10.5 0 1 1 0,10.5A10.5,10.5 0 1 1 0,-10.5Z "
        "M0,-10.5V-8 M0,10.5V8 M-10.5,0H-8 M10.5,0H8 M5.25,-9.1L4.1,-7.1 M9.1,-5.25L7.1,-4.1 "
        "M9.1,5.25L7.1,4.1 M5.25,9.1L4.1,7.1 M-5.25,9.1L-4.1,7.1 M-9.1,5.25L-7.1,4.1 "
        "M-9.1,-5.25L-7.1,-4.1 M-5.25,-9.1L-4.1,-7.1 M1.8,-7.2L0,0L5,1.4"
    ),
    "error": "M-9,9L-4,-8.5L2.5,1.5L8.5,-9.5L4,9.5L-2.6,-0.8Z",
    "escalation": "M0,-10L7.5,9L0,1.5L-7.5,9Z",
    "cancel": "M-9,-6L-6,-9L0,-3L6,-9L9,-6L3,0L9,6L6,9L0,3L-6,9L-9,6L-3,0Z",
    "compensate": "M-10,0L-1,-7V7Z M-1,0L8,-7V7Z",
    "conditional": "M-7,-9.5H7V9.5H-7Z M-4.5,-5.5H4.5 M-4.5,-1.8H4.5 M-4.5,1.9H4.5 M-4.5,5.6H4.5",
    "link": "M-9,-4H2V-8.5L10,0L2,8.5V4H-9Z",
    "signal": "M0,-9.5L9.5,7.5H-9.5Z",
    "terminate": "M0,-11A11,11 0 1 1 0,11A11,11 0 1 1 0,-11Z",
    "multiple": "M0,-10L9.8,-2.8L6.1,8.6H-6.1L-9.8,-2.8Z",
    "parallelMultiple": "M-3,-9.5H3V-3H9.5V3H3V9.5H-3V3H-9.5V-3H-3Z",
}
# the flap of a filled envelope, drawn over it in the colour of the paper
ENVELOPE_FLAP: Final = "M-9,-6L0,1.5L9,-6"

TASKS: Final[dict[str, str]] = {
    "userTask": (
        "M0,-8A3.6,3.6 0 1 1 0,-0.8A3.6,3.6 0 1 1 0,-8Z "
        "M-7.5,8V5.5C-7.5,2.2 -4.8,0.4 -2.2,0 L0,2.4L2.2,0C4.8,0.4 7.5,2.2 7.5,5.5V8Z M-4,8V4.8 M4,8V4.8"
    ),
    "manualTask": (
        "M-8,-2.5C-6.5,-5 -4.5,-6.5 -2.5,-6.5H2C3.6,-6.5 3.6,-4 2,-4H-1 M2,-4H6.3C8.4,-4 8.4,-1.4 6.3,-1.4H1 "
        "M6.3,-1.4C8,-1.4 8,1.1 6.3,1.1H1 M5.6,1.1C7.2,1.1 7.2,3.6 5.6,3.6H1 M4.6,3.6C6,3.6 6,6 4.6,6"
        "H-4C-6.5,6 -8,4.5 -8,2.5Z"
    ),
    "serviceTask": (
        "M-1.4,-8H1.4L1.9,-5.8L3.6,-5.1L5.4,-6.4L7.4,-4.4L6.1,-2.6L6.8,-0.9L9,-0.4V2.4L6.8,2.9L6.1,4.6"
        "L7.4,6.4L5.4,8.4L3.6,7.1L1.9,7.8L1.4,10H-1.4L-1.9,7.8L-3.6,7.1L-5.4,8.4L-7.4,6.4L-6.1,4.6"
        "L-6.8,2.9L-9,2.4V-0.4L-6.8,-0.9L-6.1,-2.6L-7.4,-4.4L-5.4,-6.4L-3.6,-5.1L-1.9,-5.8Z "
        "M0,-2.2A3.2,3.2 0 1 1 0,4.2A3.2,3.2 0 1 1 0,-2.2Z"
    ),
    "scriptTask": (
        "M-3.5,-8H8C4,-5 4,-2.8 5.5,0C7,2.8 7,5 3.5,8H-8C-4,5 -4,2.8 -5.5,0C-7,-2.8 -7,-5 -3.5,-8Z "
        "M-3.4,-4.6H2.6 M-3.6,-1.5H2.6 M-2.4,1.6H3.8 M-2.4,4.7H3.6"
    ),
    "businessRuleTask": "M-8.5,-7H8.5V7H-8.5Z M-8.5,-3H8.5 M-8.5,2H8.5 M-3.5,-3V7",
    "sendTask": "M-8.5,-6H8.5V6H-8.5Z M-8.5,-6L0,1L8.5,-6",
    "receiveTask": "M-8.5,-6H8.5V6H-8.5Z M-8.5,-6L0,1L8.5,-6",
}

MARKERS: Final[dict[str, str]] = {
    "loop": "M-2,6.3A6.2,6.2 0 1 1 2.6,6 M-6.6,6.6H-1.6V1.6",
    "parallel": "M-5,-6V6 M0,-6V6 M5,-6V6",
    "sequential": "M-6,-5H6 M-6,0H6 M-6,5H6",
    "compensation": "M-7,0L0,-5.5V5.5Z M0,0L7,-5.5V5.5Z",
    "adHoc": "M-7,1.5C-5,-4 -2.5,-3.5 0,0C2.5,3.5 5,4 7,-1.5",
    "collapsed": "M-7,-7H7V7H-7Z M0,-4.5V4.5 M-4.5,0H4.5",
}

GATEWAYS: Final[dict[str, str]] = {
    "exclusiveGateway": "M-6.5,-8.5L6.5,8.5 M6.5,-8.5L-6.5,8.5",
    "parallelGateway": "M0,-11V11 M-11,0H11",
    "complexGateway": "M0,-11V11 M-11,0H11 M-7.8,-7.8L7.8,7.8 M7.8,-7.8L-7.8,7.8",
}
PENTAGON: Final = "M0,-7.5L7.4,-2.1L4.6,6.4H-4.6L-7.4,-2.1Z"
PLUS: Final = "M-2,-7H2V-2H7V2H2V7H-2V2H-7V-2H-2Z"
DATA_ARROW: Final = "M-7,-2.5H1V-6L8,0L1,6V2.5H-7Z"
