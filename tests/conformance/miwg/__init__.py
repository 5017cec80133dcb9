"""BPMN files of other tools through the designer: nothing of them may be lost (BPMN Model Interchange)."""
