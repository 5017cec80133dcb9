"""What programs send and get about customers."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.web.api import PageQuery, page_schema

LEVELS = ["normal", "vip"]
LOCALES = ["zh_CN", "en"]


class AddressSchema(ma.Schema):
    """A mail address in lower case, or a phone number in E.164 where its country is known."""

    id = fields.Integer(dump_only=True)
    kind = fields.String(required=True, validate=OneOf(["mail", "phone"]))
    value = fields.String(required=True, validate=Length(1, 254))


class CompanyReference(ma.Schema):
    """A company by number and name."""

    id = fields.Integer()
    name = fields.String()
    level = fields.String(validate=OneOf(LEVELS))


class CompanySchema(CompanyReference):
    """A business customer (2B)."""

    domain = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    note = fields.String()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class NewCompany(ma.Schema):
    """A company to add."""

    name = fields.String(required=True, validate=Length(1, 200))
    domain = fields.String(load_default=None, allow_none=True, validate=Length(max=200))
    level = fields.String(load_default="normal", validate=OneOf(LEVELS))
    phone = fields.String(load_default=None, allow_none=True, validate=Length(max=40))
    address = fields.String(load_default=None, allow_none=True, validate=Length(max=400))
    note = fields.String(load_default="", validate=Length(max=10_000))


class ContactSchema(ma.Schema):
    """A customer as a person: of a company (2B) or on their own (2C)."""

    id = fields.Integer()
    name = fields.String()
    company = fields.Nested(CompanyReference, allow_none=True)
    level = fields.String(validate=OneOf(LEVELS))
    locale = fields.String(validate=OneOf(LOCALES))
    note = fields.String()
    addresses = fields.List(fields.Nested(AddressSchema))
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class NewContact(ma.Schema):
    """A customer to add; without `company_id` the company is found by mail domain."""

    name = fields.String(required=True, validate=Length(1, 200))
    mails = fields.List(fields.String(validate=Length(1, 254)), load_default=list)
    phones = fields.List(fields.String(validate=Length(1, 40)), load_default=list)
    company_id = fields.Integer(load_default=None, allow_none=True)
    level = fields.String(load_default="normal", validate=OneOf(LEVELS))
    locale = fields.String(load_default="zh_CN", validate=OneOf(LOCALES))
    note = fields.String(load_default="", validate=Length(max=10_000))


class ContactQuery(PageQuery):
    """Filters of the list."""

    q = fields.String(metadata={"description": "Name, company, mail or phone"})
    company_id = fields.Integer()
    level = fields.String(validate=OneOf(LEVELS))
    kind = fields.String(validate=OneOf(["2b", "2c"]))


class CompanyQuery(PageQuery):
    """Filters of the list."""

    q = fields.String(metadata={"description": "Name or mail domain"})
    level = fields.String(validate=OneOf(LEVELS))


ContactPage = page_schema(ContactSchema)
CompanyPage = page_schema(CompanySchema)
