"""The desk's own mail address, with and without a reply token behind the plus."""


def split_address(address: str) -> tuple[str, str]:
    """Local part without its `+…` detail (RFC 5233), and domain, both in lower case."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    return local.partition("+")[0], domain


def is_for_desk(desk_address: str, address: str) -> bool:
    """Whether a mail to `address` is a mail to the desk (`desk@…` or `desk+anything@…`)."""
    return split_address(address) == split_address(desk_address)
