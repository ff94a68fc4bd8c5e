"""Where a call comes from: its address and its client certificate, as far as we know them ourselves or are told by a
proxy that the operator named. From anybody else such a header is only a text."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

FORWARDED = "x-forwarded-for"


@dataclass(frozen=True, slots=True)
class Origin:
    """`certificate`: base64url of the SHA-256 of the client certificate (RFC 8705's x5t#S256). None: not known."""

    address: str | None = None
    certificate: str | None = None


UNKNOWN = Origin()


@dataclass(frozen=True)
class Proxies:
    """Who is believed when it says for whom it speaks. `header`: where it says which certificate it saw, and which it
    never lets a caller write; empty where none does."""

    networks: tuple[str, ...] = ()
    header: str = ""

    def trusts(self, address: str | None) -> bool:
        return address is not None and is_within(address, self.networks)

    def origin(
        self, peer: str | None, headers: Mapping[str, str], own_certificate: bytes | None = None
    ) -> Origin:
        """The origin of a call. `headers` in small letters; `own_certificate`: PEM, of a connection without proxy."""
        if not self.trusts(peer):
            return Origin(peer, thumbprint(own_certificate) if own_certificate else None)
        told = headers.get(self.header)
        certificate = thumbprint_of_header(told) if told else None
        return Origin(self._client(peer, headers.get(FORWARDED, "")), certificate)

    def _client(self, peer: str | None, forwarded: str) -> str | None:
        """The nearest hop that is not one of ours: what stands left of it anybody may have written."""
        for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            peer = _plain(hop)
            if not self.trusts(peer):
                return peer
        return peer


NO_PROXIES = Proxies()


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks; what is no address does not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in ip_network(network) for network in networks)


def thumbprint(pem: bytes) -> str | None:
    """x5t#S256 of a certificate; None where it cannot be read."""
    try:
        return _thumb(load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    except ValueError:
        return None


def thumbprint_of_header(told: str) -> str | None:
    """Of a PEM in percent-encoding (nginx), or of `:base64:` (RFC 9440); None where it is neither."""
    if not told.startswith(":"):
        return thumbprint(unquote_to_bytes(told))
    try:
        der = base64.b64decode(told.strip(":"), validate=True)
        load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return None
    return _thumb(der)


def _thumb(der: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def _plain(hop: str) -> str:
    """An address without its port: 10.0.0.1:443, [::1]:443."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
