"""Identity over HTTP. Collections: tokens, enrolments, accounts, organisations, machine-keys; documents of OpenID
Connect."""

import json
from dataclasses import dataclass, replace
from typing import Annotated, Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import APIRouter, Depends, Query, Request
from jwt.algorithms import OKPAlgorithm

from libs.chassis import tokens
from libs.chassis.http import Anonymous, Caller, door_of
from libs.chassis.settings import Keys
from services.identity import operations
from services.identity.domain.account import (
    Account,
    AccountTerms,
    Credentials,
    Enrolment,
    NewEnrolment,
    Token,
)
from services.identity.domain.machine import (
    Access,
    AccessTerms,
    KeyList,
    KeySecret,
    MachineKey,
    NewKey,
)
from services.identity.domain.organisation import (
    Organisation,
    OrganisationKind,
    OrganisationPage,
    OrganisationTerms,
)
from services.identity.operations.passwords import Passwords

router = APIRouter(prefix="/v1")
documents = APIRouter(prefix="/.well-known")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]


@dataclass(frozen=True)
class Parts:
    passwords: Passwords
    keys: Keys


def parts(request: Request) -> Parts:
    return cast(Parts, door_of(request).parts)


Having = Annotated[Parts, Depends(parts)]


@router.post("/tokens", status_code=201)
def sign_in(body: Credentials, request: Request, door: Anonymous, having: Having) -> Token:
    """For an account its login and password; for a machine the id and the secret of its key."""
    return operations.sign_in(door.database, having.passwords, having.keys, body, door.origin(request))


@router.post("/enrolments", status_code=201)
def enrol(body: NewEnrolment, door: Anonymous, having: Having) -> Enrolment:
    password_hash = having.passwords.hash(body.password)
    return door.database.transact(lambda tx: operations.enrol(tx, body, password_hash))


@router.get("/accounts/me")
def my_account(call: Caller) -> Account:
    return call.read(operations.my_account)


@router.put("/accounts/{login}")
def put_account(login: str, body: AccountTerms, call: Caller, having: Having) -> Account:
    """Repeatable as it is; a key would only leave a fast hash of the password behind."""
    password_hash = having.passwords.hash(body.password)
    return replace(call, key=None).write(operations.put_account, login, body, password_hash)


@router.post("/organisations", status_code=201)
def register_organisation(body: OrganisationTerms, call: Caller) -> Organisation:
    return call.write(operations.put_organisation, None, body)


@router.put("/organisations/{organisation_id}")
def put_organisation(organisation_id: str, body: OrganisationTerms, call: Caller) -> Organisation:
    return call.write(operations.put_organisation, organisation_id, body)


@router.get("/organisations")
def list_organisations(
    call: Caller, kind: OrganisationKind | None = None, cursor: str | None = None, limit: Limit = 0
) -> OrganisationPage:
    return call.read(operations.list_organisations, kind, cursor, limit)


@router.get("/organisations/{organisation_id}")
def get_organisation(organisation_id: str, call: Caller) -> Organisation:
    return call.read(operations.get_organisation, organisation_id)


@router.get("/organisations/{organisation_id}/access")
def get_access(organisation_id: str, call: Caller) -> Access:
    return call.read(operations.get_access, organisation_id)


@router.put("/organisations/{organisation_id}/access")
def put_access(organisation_id: str, body: AccessTerms, request: Request, call: Caller) -> Access:
    """From where the organisation's tokens may be used, and with which client certificates by its machines."""
    address = door_of(request).origin(request).address
    return call.write(operations.put_access, organisation_id, body, address)


@router.post("/machine-keys", status_code=201)
def create_key(body: NewKey, call: Caller) -> KeySecret:
    """The secret is shown in this answer alone. Sign in with the key's id as login and the secret as password."""
    return call.write(operations.create_key, body)


@router.get("/machine-keys")
def list_keys(call: Caller, organisation: str | None = None) -> KeyList:
    return call.read(operations.list_keys, organisation)


@router.post("/machine-keys/{key_id}/revoke")
def revoke_key(key_id: str, call: Caller) -> MachineKey:
    return call.write(operations.revoke_key, key_id)


@documents.get("/jwks.json")
def key_set(_door: Anonymous, having: Having) -> dict[str, Any]:
    """The public key that checks our tokens (RFC 7517, RFC 8037)."""
    public = cast(Ed25519PublicKey, load_pem_public_key(having.keys.verify_key.encode()))
    key: dict[str, Any] = json.loads(OKPAlgorithm.to_jwk(public))
    return {"keys": [key | {"kid": having.keys.key_id, "use": "sig", "alg": "EdDSA"}]}


@documents.get("/openid-configuration")
def openid_configuration(request: Request, _door: Anonymous) -> dict[str, Any]:
    """What a checker of our tokens needs to know. `issuer` is what their `iss` says: a name, no address."""
    base = str(request.base_url)
    return {
        "issuer": tokens.ISSUER,
        "jwks_uri": f"{base}.well-known/jwks.json",
        "token_endpoint": f"{base}v1/tokens",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "claims_supported": ["sub", "role", "org", "territory", "sandbox", "net", "cnf"],
    }
