"""What an operator can set, all by environment variables `RONGQIAO_…`; and the keys, from one file."""

import base64
import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.chassis.origin import Proxies
from libs.chassis.vault import Vault


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RONGQIAO_")

    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    grpc_port: int | None = None  # default: port + 1
    postgres: str | None = None  # without: SQLite, one file a service under home
    kafka: str | None = None  # bootstrap servers; without: the embedded log under home
    kafka_replication: int = 1  # copies of each topic
    kafka_settings: dict[str, Any] = {}  # kafka-python's own, for TLS and SASL
    peers: dict[str, str] = {}  # service -> gRPC address, when each runs in its own process
    policies_overlay: Path | None = None
    data_overlay: Path | None = None  # a folder of rows that come after those of data/, such as later LPRs
    keys_file: Path | None = None  # default: home/keys.json, made on first start
    clock_shift_days: int = 0
    clock_shift_hours: int = 0
    proxy_networks: tuple[
        str, ...
    ] = ()  # of proxies whose word on address and certificate of a caller is believed
    client_certificate_header: str = ""  # where they say it, and let no caller say it; empty: they do not
    tls_certificate_file: Path | None = (
        None  # with these the public gRPC door of one process speaks TLS itself
    )
    tls_key_file: Path | None = None
    tls_client_ca_file: Path | None = None  # and wants a client certificate that this signed
    webhook_networks: tuple[str, ...] = ()  # private ones to which webhooks may go, over plain HTTP too
    documents_folder: Path | None = None  # where content of documents is kept; default: home/documents
    documents_bucket: str = ""  # or in this bucket of an S3 store, its keys as the S3 library finds them
    documents_endpoint: str | None = None  # of that store; default: the region's own
    documents_region: str = "us-east-1"
    malware_scanner: str = ""  # host:port of a clamd; empty: documents are not scanned, and say so
    otlp_endpoint: str | None = None
    requests_per_minute: int = 6000  # one account's, at one service
    log_level: str = "INFO"

    @field_validator("webhook_networks", "proxy_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(network)) for network in networks)

    @field_validator("malware_scanner")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        host, _, port = address.rpartition(":")
        if address and not (host and port.isdecimal()):
            raise ValueError(f"{address!r} is no host:port")
        return address

    def proxies(self) -> Proxies:
        return Proxies(self.proxy_networks, self.client_certificate_header.lower())

    def database_url(self, service: str) -> str:
        return self.postgres or f"sqlite:///{self.home / f'{service}.db'}"

    @property
    def public_grpc_port(self) -> int:
        return self.grpc_port or self.port + 1


class Keys(BaseModel):
    """Secrets of the platform. Only `identity` needs `signing_key`; the others check with `verify_key`."""

    key_id: str
    signing_key: str | None  # Ed25519, PEM
    verify_key: str
    service_key: str  # signs the tokens of services among themselves
    data_keys: dict[str, str]  # AES-256, base64, newest last
    pepper: str
    operator_password: str  # of the account `operator`, with which everything begins

    @classmethod
    def load_or_make(cls, path: Path) -> Self:
        if not path.exists():
            _write_once(path, cls.make().model_dump_json(indent=1))
        return cls.model_validate_json(path.read_text())

    @classmethod
    def make(cls) -> Self:
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return cls(
            key_id=secrets.token_hex(4),
            signing_key=pem,
            verify_key=public,
            service_key=secrets.token_urlsafe(48),
            data_keys={"k1": base64.b64encode(secrets.token_bytes(32)).decode()},
            pepper=secrets.token_urlsafe(32),
            operator_password=secrets.token_urlsafe(12),
        )

    def private_key(self) -> Ed25519PrivateKey:
        if self.signing_key is None:
            raise RuntimeError("this process holds no signing key; only identity issues tokens")
        key = load_pem_private_key(self.signing_key.encode(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def vault(self) -> Vault:
        return Vault(
            {name: base64.b64decode(key) for name, key in self.data_keys.items()}, self.pepper.encode()
        )


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)  # the first process wins; the others read its keys
    except FileExistsError:
        pass
    finally:
        draft.unlink()
