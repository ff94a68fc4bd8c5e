"""Bearer tokens: identity signs accounts' (EdDSA), services sign their own with the shared service key."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from libs.chassis.clock import SystemClock
from libs.chassis.origin import UNKNOWN, Origin, is_within
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Forbidden, Unauthenticated
from libs.chassis.settings import Keys

ISSUER = "rongqiao-identity"
SERVICES = "rongqiao-services"
AUDIENCE = "rongqiao"
LIFETIME = timedelta(hours=8)
MACHINE_LIFETIME = timedelta(minutes=15)  # so that a key which is called back is soon without effect
SERVICE_LIFETIME = timedelta(minutes=5)
_REMEMBERED = 10_000  # tokens
_REQUIRED: Options = {"require": ["exp", "iat", "sub"]}


@dataclass(frozen=True)
class Binding:
    """From where a token may be used: `networks` (CIDR), and the certificate (x5t#S256, RFC 8705). Empty: anywhere."""

    networks: tuple[str, ...] = ()
    certificate: str | None = None


ANYWHERE = Binding()


def issue(
    keys: Keys, principal: Principal, binding: Binding = ANYWHERE, lifetime: timedelta = LIFETIME
) -> str:
    """A token for an account or a machine."""
    claims = _claims(principal, ISSUER, lifetime) | _bound(binding)
    return jwt.encode(claims, keys.private_key(), algorithm="EdDSA", headers={"kid": keys.key_id})


def issue_for_service(keys: Keys, name: str) -> str:
    claims = _claims(service(name), SERVICES, SERVICE_LIFETIME)
    return jwt.encode(claims, keys.service_key, algorithm="HS256")


def bearer(authorization: str | None) -> str | None:
    """The token of an `Authorization: Bearer <token>`, None where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True)
class TokenChecker:
    """A signature that was good once is good until its token expires: it is not computed again."""

    keys: Keys
    _good: dict[str, dict[str, Any]] = field(
        default_factory=dict[str, dict[str, Any]], compare=False, repr=False
    )

    def principal(self, token: str | None, origin: Origin = UNKNOWN) -> Principal:
        """Whose token this is; Unauthenticated, saying why, and Forbidden from where it may not be used."""
        if not token:
            raise Unauthenticated(
                "No token came with the call.", mend="Send 'Authorization: Bearer <access_token>'."
            )
        try:
            claims = self._claims(token)
            known = _principal(claims)
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthenticated(
                f"The token is not good: {error}.", mend="Sign in again at POST /v1/tokens."
            ) from error
        _check_origin(claims, origin)
        return known

    def _claims(self, token: str) -> dict[str, Any]:
        known = self._good.get(token)
        if known is not None and known["exp"] > time.time():
            return known
        if len(self._good) >= _REMEMBERED:
            self._good.clear()
        claims = self._good[token] = self._verified(token)
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        by_service = jwt.get_unverified_header(token).get("alg") == "HS256"
        key, algorithm, issuer = (
            (self.keys.service_key, "HS256", SERVICES)
            if by_service
            else (self.keys.verify_key, "EdDSA", ISSUER)
        )
        return jwt.decode(token, key, [algorithm], _REQUIRED, audience=AUDIENCE, issuer=issuer)


def _claims(principal: Principal, issuer: str, lifetime: timedelta) -> dict[str, object]:
    now = SystemClock().now()  # real time even in a moved demo: whoever checks the token has no other
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": principal.subject,
        "role": principal.role.value,
        "org": principal.organisation,
        "territory": principal.territory,
        "sandbox": principal.sandbox,
        "iat": now,
        "exp": now + lifetime,
    }


def _bound(binding: Binding) -> dict[str, object]:
    claims: dict[str, object] = {}
    if binding.networks:
        claims["net"] = list(binding.networks)
    if binding.certificate is not None:
        claims["cnf"] = {"x5t#S256": binding.certificate}
    return claims


def _check_origin(claims: dict[str, Any], origin: Origin) -> None:
    networks = tuple(claims.get("net", ()))
    if networks and not (origin.address and is_within(origin.address, networks)):
        raise Forbidden(
            f"This token is good only from its organisation's networks, not from {origin.address}.",
            mend="Call from there, or have the list changed: PUT /v1/organisations/{id}/access.",
        )
    wanted = claims.get("cnf", {}).get("x5t#S256")
    if wanted is not None and origin.certificate != wanted:
        raise Unauthenticated(
            "This token is bound to another client certificate than this call's.",
            mend="Call with the certificate with which the token was asked for.",
            source="RFC 8705",
        )


def _principal(claims: dict[str, Any]) -> Principal:
    role = Role(claims["role"])
    if (role is Role.SERVICE) != (claims["iss"] == SERVICES):
        raise ValueError("a service's role comes only from a service's key")
    sandbox = bool(claims.get("sandbox", False))  # absent: a token of before there were sandboxes
    return Principal(claims["sub"], role, claims["org"], claims["territory"], sandbox)
