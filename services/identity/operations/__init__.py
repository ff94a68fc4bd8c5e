"""What identity can do: one function per use case."""

from services.identity.operations.access import get_access, put_access
from services.identity.operations.accounts import enrol, ensure_operator, my_account, put_account
from services.identity.operations.machines import create_key, list_keys, revoke_key
from services.identity.operations.organisations import get_organisation, list_organisations, put_organisation
from services.identity.operations.sign_in import forget_old_tries, sign_in

__all__ = [
    "create_key",
    "enrol",
    "ensure_operator",
    "forget_old_tries",
    "get_access",
    "get_organisation",
    "list_keys",
    "list_organisations",
    "my_account",
    "put_access",
    "put_account",
    "put_organisation",
    "revoke_key",
    "sign_in",
]
