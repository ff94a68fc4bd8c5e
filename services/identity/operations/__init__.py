"""What identity can do: one function per use case."""

from services.identity.operations.accounts import enrol, ensure_operator, my_account, put_account
from services.identity.operations.organisations import get_organisation, list_organisations, put_organisation
from services.identity.operations.sign_in import forget_old_tries, sign_in

__all__ = [
    "enrol",
    "ensure_operator",
    "forget_old_tries",
    "get_organisation",
    "list_organisations",
    "my_account",
    "put_account",
    "put_organisation",
    "sign_in",
]
