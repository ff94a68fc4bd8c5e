"""Personal data at rest: AES-GCM with named keys, and blind indexes and pseudonyms by HMAC."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


@dataclass(frozen=True)
class Vault:
    """`keys` by id, 32 bytes each; the newest (last) seals, all open. `pepper` keys the HMACs."""

    keys: dict[str, bytes]
    pepper: bytes

    def seal(self, text: str) -> str:
        key_id, key = list(self.keys.items())[-1]
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), key_id.encode())
        return f"{key_id}:{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str) -> str:
        """The text; raises cryptography's InvalidTag when it was tampered with, KeyError for a lost key."""
        key_id, _, body = sealed.partition(":")
        raw = base64.b64decode(body)
        return AESGCM(self.keys[key_id]).decrypt(raw[:_NONCE], raw[_NONCE:], key_id.encode()).decode()

    def seal_bytes(self, content: bytes, bound_to: str) -> bytes:
        """Content that only opens under the same name: who swaps two of them in their store is found out."""
        key_id, key = list(self.keys.items())[-1]
        nonce = os.urandom(_NONCE)
        return key_id.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, content, _bound(key_id, bound_to))

    def open_bytes(self, sealed: bytes, bound_to: str) -> bytes:
        """The content; raises as `open` does."""
        name, _, body = sealed.partition(b":")
        key_id = name.decode("utf-8", "replace")
        aead = AESGCM(self.keys[key_id])
        return aead.decrypt(body[:_NONCE], body[_NONCE:], _bound(key_id, bound_to))

    def _mac(self, purpose: str, text: str) -> str:
        digest = hmac.digest(self.pepper, f"{purpose}\x00{text}".encode(), hashlib.sha256)
        return base64.b32encode(digest).decode()[:26].lower()

    def blind_index(self, text: str) -> str:
        """To find an encrypted value again without opening the others."""
        return self._mac("blind", text)

    def firm_key(self, party: str) -> str:
        """The pseudonym of a party in facts: the same firm, the same key, in every service."""
        return self._mac("firm", party)

    def record_key(self, party: str) -> int:
        """64 bits by which a party counts in protected statistics; never told to anybody, unlike the firm key."""
        return int.from_bytes(
            hmac.digest(self.pepper, f"record\x00{party}".encode(), hashlib.sha256)[:8], "big"
        )


def _bound(key_id: str, name: str) -> bytes:
    return f"{key_id}\x00{name}".encode()


_held: list[Vault] = []


def configure(held: Vault) -> None:
    """Set the vault of this process, once at its start."""
    _held[:] = [held]


def vault() -> Vault:
    if not _held:
        raise RuntimeError("the vault was not configured at the start of this process")
    return _held[0]


def firm_key(party: str) -> str:
    return vault().firm_key(party)
