"""Forms drawn as form-js JSON, rendered on the server and held to their rules there.

form = Form.from_schema(schema)
html = form.render(data, locale="zh_CN")
submission = form.parse(request.form, request.files, data=data, locale="zh_CN")
if not submission.complete:
    html = form.render(submission.merged(data), locale="zh_CN", errors=submission.errors)
"""

from desk.forms.form import Form
from desk.forms.options import MissingOptions, Option
from desk.forms.problems import FormSchemaError, Problem
from desk.forms.submission import Submission

__all__ = ["Form", "FormSchemaError", "MissingOptions", "Option", "Problem", "Submission"]
