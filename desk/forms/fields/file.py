"""Files: filepicker, also for images (accept "image/*")."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Self

from werkzeug.datastructures import FileStorage

from desk.forms import limits
from desk.forms.expressions import Flag, Scope, Text
from desk.forms.fields.base import Control, Input, Rejected, Situation, input_common
from desk.forms.schema import Reader
from desk.forms.tree import Json
from desk.forms.words import say


@dataclass(frozen=True, kw_only=True)
class FilePicker(Input):
    """One file or several.

    Files travel beside the values (Submission.files): whoever stores them decides what stands in
    the data. What stands there already (objects with a `name`, or texts) is listed on the page
    and satisfies `required`. Programs send a list of texts, the ids of files uploaded before.
    """

    accept_types: Text
    multiple: Flag

    empty: ClassVar[Json] = None
    missing: ClassVar[str] = "required_file"

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        return cls(
            **input_common(reader, component_id, "filepicker"),
            required=validate.boolean("required"),
            default=None,
            accept_types=reader.text("accept"),
            multiple=reader.flag("multiple"),
        )

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        return None

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None or value == []:
            return None
        ids = [value] if isinstance(value, str) else value
        if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
            raise Rejected("expects_files")
        return ids

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        self.require(None if value in ([], "") else value)
        if isinstance(value, list):
            self._check_count(len(value), scope)
        return value

    def check_files(self, files: Sequence[FileStorage], scope: Scope, situation: Situation) -> None:
        """The rules for what a page uploaded, at least one file. Raises Rejected."""
        self._check_count(len(files), scope)
        accept = self.accept_types.say(scope, situation.locale)
        for file in files:
            if not _accepted(file, accept):
                raise Rejected("file_type", name=file.filename or "", accept=accept)

    def _check_count(self, count: int, scope: Scope) -> None:
        if count > 1 and not self.multiple.holds(scope):
            raise Rejected("one_file")
        if count > limits.FILES:
            raise Rejected("too_many_files", limit=limits.FILES)

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        entries = value if isinstance(value, list) else [value]
        names = (item.get("name") if isinstance(item, dict) else item for item in entries)
        return [name for name in names if isinstance(name, str)]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        attached = self.display(value, scope, situation)
        accept = self.accept_types.say(scope, situation.locale)
        return {
            "attributes": control.attributes(
                type="file",
                accept=accept or None,
                multiple="" if self.multiple.holds(scope) else None,
                required="" if control.required and not attached else None,
                **{"data-ld-image": "" if accept.startswith("image/") else None},
            ),
            "attached": attached,
            "attached_label": say("attached", situation.locale),
        }


def _accepted(file: FileStorage, accept: str) -> bool:
    """Whether name or type fit the `accept` list (HTML 4.10.5.1.17); not what the file holds."""
    patterns = [part.strip().lower() for part in accept.split(",") if part.strip()]
    if not patterns:
        return True
    suffix = PurePosixPath((file.filename or "").lower()).suffix
    mimetype = (file.mimetype or "").lower()
    return any(
        suffix == pattern
        if pattern.startswith(".")
        else mimetype.startswith(pattern[:-1])
        if pattern.endswith("/*")
        else mimetype == pattern
        for pattern in patterns
    )
