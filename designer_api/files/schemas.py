"""What programs send and get about files of the library.

Files that are not UTF-8 are given as text all the same; a text that comes back unchanged keeps its bytes.
"""

from base64 import b64decode
from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from designer_api.files.contents import bytes_of

KINDS = ["bpmn", "dmn", "form", "scenario"]


def words(*, allow_none: bool = False) -> fields.Dict:
    """A field of words by language: {"zh": …, "en": …}."""
    return fields.Dict(keys=fields.String(), values=fields.String(), allow_none=allow_none)


class AuthorSchema(ma.Schema):
    """Who."""

    kind = fields.String()
    id = fields.Integer(allow_none=True)
    name = fields.String()


class DesignerFileSchema(ma.Schema):
    """A file without its content. `etag` is that of the draft, where there is one, else of the newest revision."""

    id = fields.Integer()
    path = fields.String()
    folder = fields.String()
    name = fields.String()
    kind = fields.String(validate=OneOf(KINDS))
    key = fields.String(allow_none=True)
    names = words()
    etag = fields.String()
    revision = fields.Integer()
    drafted = fields.Boolean()
    updated_at = fields.AwareDateTime()
    updated_by = fields.Nested(AuthorSchema)
    deployed_revision = fields.Integer(allow_none=True)
    deployed_version = fields.Integer(allow_none=True)
    deployed = fields.String(
        allow_none=True,
        validate=OneOf(["same", "differs"]),
        metadata={"description": "Whether what is deployed is this content; null: not deployed"},
    )


class FileWithContent(DesignerFileSchema):
    """A file with the content that is worked on: the draft, else the newest revision.

    `too_large` says why it is not to be opened for drawing; null where it may be.
    """

    content = fields.String()
    encoding = fields.String()
    too_large = words(allow_none=True)


class DesignerFileList(ma.Schema):
    """All files, by path."""

    items = fields.List(fields.Nested(DesignerFileSchema))


class NewFlowFile(ma.Schema):
    """A file to add: its `content` as text, or as it is on a disk: its `bytes`, in Base64 (RFC 4648)."""

    path = fields.String(required=True, validate=Length(1, 255))
    content = fields.String()
    bytes = fields.String()

    @ma.validates_schema
    def _one_of_two(self, values: dict[str, Any], **_: Any) -> None:
        if ("content" in values) == ("bytes" in values):
            raise ma.ValidationError("needs either content or bytes", "content")

    @ma.post_load
    def _decoded(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        """`content` is bytes in the end."""
        try:
            content = (
                b64decode(values["bytes"], validate=True)
                if "bytes" in values
                else bytes_of(values["content"])
            )
        except ValueError as error:
            raise ma.ValidationError("is not Base64", "bytes") from error
        return {"path": values["path"], "content": content}


class FileMove(ma.Schema):
    """A new place."""

    path = fields.String(required=True, validate=Length(1, 255))


class DraftIn(ma.Schema):
    """What somebody has drawn so far. `base_etag` is the etag of what they started from.

    `before` is what the editor would have written for that without any change. Where it is given, only what differs
    between it and `content` goes into the file; what the editor does not know stays.
    """

    content = fields.String(required=True)
    base_etag = fields.String(required=True)
    before = fields.String(load_default=None, allow_none=True)


class DraftSaved(ma.Schema):
    """The etag to send with the next save."""

    etag = fields.String()
    at = fields.AwareDateTime()
    drafted = fields.Boolean()


class RevisionIn(ma.Schema):
    """Keep the draft as a revision."""

    note = fields.String(load_default="", validate=Length(max=2000))


class RevisionSchema(ma.Schema):
    """What a file was, with who, when and why."""

    number = fields.Integer()
    path = fields.String()
    etag = fields.String()
    size = fields.Integer()
    note = fields.String()
    actor = fields.Nested(AuthorSchema)
    at = fields.AwareDateTime()
    deployed = fields.Boolean()


class RevisionWithContent(RevisionSchema):
    """A revision with its content."""

    content = fields.String()


class RevisionList(ma.Schema):
    """All revisions of a file, newest first."""

    items = fields.List(fields.Nested(RevisionSchema))


class RestoreIn(ma.Schema):
    """Which revision becomes the draft again."""

    revision = fields.Integer(required=True, validate=Range(min=1))
