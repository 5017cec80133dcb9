"""Ed25519 signatures (RFC 8032) over roots and archives, where LANEDESK_AUDIT_KEY names a private key."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from desk.settings import SettingsError


def load_private(path: str | Path) -> Ed25519PrivateKey | None:
    """The key in a PEM file (`openssl genpkey -algorithm ed25519`); None for an empty path. Raises SettingsError."""
    if not str(path):
        return None
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            f"LANEDESK_AUDIT_KEY {path} is not a readable private key: {error}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"LANEDESK_AUDIT_KEY {path} is not an Ed25519 key")
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file (`openssl pkey -pubout`). Raises SettingsError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is not a readable public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{path} is not an Ed25519 key")
    return key


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def is_signed(key: Ed25519PublicKey, signature: bytes | None, content: bytes) -> bool:
    """Whether the signature over the content is this key's."""
    if signature is None:
        return False
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
