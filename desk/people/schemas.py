"""What programs send and get about people."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from desk.people.operations import LOCALES
from desk.people.permissions import ROLES
from desk.web.api import PageQuery, page_schema


class TeamReference(ma.Schema):
    """A team by number and name."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)


class UserReference(ma.Schema):
    """A person by number, login and name."""

    id = fields.Integer(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)


class UserSchema(UserReference):
    """A person who works at the desk."""

    email = fields.Email(allow_none=True)
    phone = fields.String(allow_none=True)
    roles = fields.List(fields.String(validate=OneOf(list(ROLES))))
    teams = fields.List(fields.Nested(TeamReference))
    active = fields.Boolean()
    state = fields.String(
        metadata={"description": "available, busy, away or one of the desk's own"}
    )
    locale = fields.String(validate=OneOf(LOCALES))
    last_login_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class MeSchema(UserSchema):
    """Who the token acts as, and what they may do."""

    permissions = fields.List(fields.String())
    candidates = fields.List(
        fields.String(),
        metadata={"description": "Names under which tasks are offered: user:7, team:3, …"},
    )


class NewUser(ma.Schema):
    """A person to add."""

    login = fields.String(required=True, validate=Length(2, 120))
    name = fields.String(required=True, validate=Length(1, 120))
    email = fields.String(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True)
    roles = fields.List(fields.String(validate=OneOf(list(ROLES))), load_default=lambda: ["agent"])
    team_ids = fields.List(fields.Integer(), load_default=list)
    locale = fields.String(validate=OneOf(LOCALES), load_default="zh_CN")


class CreatedUser(UserSchema):
    """A person who was added, with the first password: it is not shown again."""

    first_password = fields.String()


class UserChange(ma.Schema):
    """What to change of a person; what is left out stays."""

    name = fields.String(validate=Length(1, 120))
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    roles = fields.List(fields.String(validate=OneOf(list(ROLES))))
    team_ids = fields.List(fields.Integer())
    active = fields.Boolean()


class UserQuery(PageQuery):
    """Which people to list."""

    q = fields.String(load_default="", metadata={"description": "In login, name, mail or phone"})
    active = fields.Boolean(load_default=None)


class TeamSchema(TeamReference):
    """A team that tickets are dispatched to."""

    active = fields.Boolean()
    members = fields.List(fields.Nested(UserReference))
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class NewTeam(ma.Schema):
    """A team to add."""

    name = fields.String(required=True, validate=Length(1, 120))
    member_ids = fields.List(fields.Integer(), load_default=list)


class TeamChange(ma.Schema):
    """What to change of a team; what is left out stays."""

    name = fields.String(validate=Length(1, 120))
    active = fields.Boolean()
    member_ids = fields.List(fields.Integer())


class TeamQuery(PageQuery):
    """Which teams to list."""

    active = fields.Boolean(load_default=None)


class TokenSchema(ma.Schema):
    """A key for programs; the key itself is not kept."""

    id = fields.Integer()
    name = fields.String()
    created_at = fields.AwareDateTime()
    last_used_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)


class NewToken(ma.Schema):
    """A key to make."""

    name = fields.String(required=True, validate=Length(1, 120))
    days = fields.Integer(load_default=365, validate=Range(1, 3650))


class CreatedToken(TokenSchema):
    """A key that was made, with its secret: it is not shown again."""

    token = fields.String()


class TokenList(ma.Schema):
    """All keys of a person that work."""

    items = fields.List(fields.Nested(TokenSchema))


UserPage = page_schema(UserSchema)
TeamPage = page_schema(TeamSchema)
