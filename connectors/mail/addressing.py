"""Mail addresses as they are compared, with and without a reply token behind the plus."""


def split_address(address: str) -> tuple[str, str]:
    """Local part without its `+…` detail (RFC 5233), and domain, both in lower case."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    return local.partition("+")[0], domain
