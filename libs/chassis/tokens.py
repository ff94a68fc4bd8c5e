"""Bearer tokens: identity signs accounts' (EdDSA), services sign their own with the shared service key."""

from dataclasses import dataclass
from datetime import timedelta

import jwt
from jwt.types import Options

from libs.chassis.clock import SystemClock
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Unauthenticated
from libs.chassis.settings import Keys

ISSUER = "rongqiao-identity"
SERVICES = "rongqiao-services"
AUDIENCE = "rongqiao"
LIFETIME = timedelta(hours=8)
SERVICE_LIFETIME = timedelta(minutes=5)
_REQUIRED: Options = {"require": ["exp", "iat", "sub"]}


def issue(keys: Keys, principal: Principal) -> str:
    """A token for an account, good for LIFETIME."""
    claims = _claims(principal, ISSUER, LIFETIME)
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
    keys: Keys

    def principal(self, token: str | None) -> Principal:
        """Whose token this is; raises Unauthenticated, saying why."""
        if not token:
            raise Unauthenticated(
                "No token came with the call.", mend="Send 'Authorization: Bearer <access_token>'."
            )
        try:
            return _principal(self._claims(token))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthenticated(
                f"The token is not good: {error}.", mend="Sign in again at POST /v1/tokens."
            ) from error

    def _claims(self, token: str) -> dict[str, str]:
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


def _principal(claims: dict[str, str]) -> Principal:
    role = Role(claims["role"])
    if (role is Role.SERVICE) != (claims["iss"] == SERVICES):
        raise ValueError("a service's role comes only from a service's key")
    sandbox = bool(claims.get("sandbox", False))  # absent: a token of before there were sandboxes
    return Principal(claims["sub"], role, claims["org"], claims["territory"], sandbox)
