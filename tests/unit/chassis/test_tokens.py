"""Only a token that identity or a service signed, for us and for now, says who somebody is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Unauthenticated
from libs.chassis.settings import Keys
from libs.chassis.tokens import AUDIENCE, ISSUER, SERVICES, TokenChecker, bearer, issue, issue_for_service
from tests.support.services import KEYS

MANAGER = Principal("acc_7", Role.BANK_MANAGER, "org_bank_a", "6401")
CHECKER = TokenChecker(KEYS)


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    sound = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "acc_7",
        "role": "BANK_MANAGER",
        "org": "org_bank_a",
        "territory": "64",
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


def signed(keys: Keys = KEYS, **changes: Any) -> str:
    return jwt.encode(claims(**changes), keys.private_key(), algorithm="EdDSA")


def service_signed(**changes: Any) -> str:
    return jwt.encode(claims(iss=SERVICES, **changes), KEYS.service_key, algorithm="HS256")


def test_a_token_carries_the_principal() -> None:
    assert CHECKER.principal(issue(KEYS, MANAGER)) == MANAGER


def test_a_service_speaks_as_itself() -> None:
    who = CHECKER.principal(issue_for_service(KEYS, "lending"))

    assert (who.subject, who.role) == ("service:lending", Role.SERVICE)


def test_whoever_only_checks_tokens_needs_no_signing_key() -> None:
    checking = KEYS.model_copy(update={"signing_key": None})

    assert TokenChecker(checking).principal(issue(KEYS, MANAGER)) == MANAGER
    with pytest.raises(RuntimeError, match="only identity issues tokens"):
        issue(checking, MANAGER)


def unsigned(text: str) -> str:
    """The token with its own claims under `alg: none`."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    return f"{header}.{text.split('.')[1]}."


def promoted(text: str) -> str:
    """The token with another role in its claims, and the old signature."""
    head, body, signature = text.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(told | {"role": "OPERATOR"}).encode()).decode().rstrip("=")
    return f"{head}.{forged}.{signature}"


def symmetric(secret: str) -> str:
    """A token signed by HMAC; PyJWT itself refuses to take a public key as the secret, an attacker would not."""
    import hashlib
    import hmac

    def part(value: dict[str, Any]) -> str:
        text = json.dumps(value, default=lambda instant: int(instant.timestamp())).encode()
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims(iss=SERVICES, role='SERVICE'))}"
    mac = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


YESTERDAY = datetime.now(UTC) - timedelta(days=1)

BAD = {
    "none at all": None,
    "empty": "",
    "no token": "nonsense",
    "expired": signed(exp=YESTERDAY),
    "without an end": signed(exp=None),
    "without a subject": signed(sub=None),
    "without a role": signed(role=None),
    "of an unknown role": signed(role="EMPEROR"),
    "for somebody else": signed(aud="another-platform"),
    "by another issuer": signed(iss="somebody"),
    "by another key": signed(Keys.make()),
    "with another role than was signed": promoted(signed()),
    "cut short": signed()[:-4],
    "without a signature": unsigned(signed()),
    "signed with the public key as a secret": symmetric(KEYS.verify_key),
    "a service's role by an account's key": signed(role="SERVICE"),
    "an account's role by a service's key": service_signed(),
    "an account's issuer by a service's key": jwt.encode(claims(), KEYS.service_key, algorithm="HS256"),
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD.keys())
def test_a_bad_token_is_nobody(token: str | None) -> None:
    with pytest.raises(Unauthenticated) as refused:
        CHECKER.principal(token)

    assert refused.value.mend


def test_a_forged_hmac_with_the_right_secret_would_have_passed() -> None:
    """So the case above fails for its secret, not for its form."""
    assert CHECKER.principal(symmetric(KEYS.service_key)).role is Role.SERVICE


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Basic abc", None),
        ("abc", None),
        (None, None),
        ("", None),
    ],
)
def test_only_a_bearer_token_is_read(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


def test_roles_and_organisations_are_required_by_name() -> None:
    MANAGER.require(Role.BANK_OFFICER, Role.BANK_MANAGER)
    MANAGER.require_organisation("org_bank_a")

    with pytest.raises(Forbidden, match="SME; yours is BANK_MANAGER"):
        MANAGER.require(Role.SME)
    with pytest.raises(Forbidden, match="another organisation"):
        MANAGER.require_organisation("org_bank_b")


def test_a_service_may_act_for_every_organisation() -> None:
    CHECKER.principal(issue_for_service(KEYS, "lending")).require_organisation("org_bank_b")
    assert CHECKER.principal(issue_for_service(KEYS, "lending")).organisation == "platform"
