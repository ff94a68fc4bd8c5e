"""The one error that a rule raises when a value breaks it."""

from __future__ import annotations


class Violation(Exception):
    """A value breaks a rule of the domain.

    `field` is the path of the offending value as the caller wrote it ("bank_bp", "rate.spread_bp"); `message` says
    what is wrong and why; `mend` says what to do about it; `source` names the document and paragraph of the rule,
    where one exists. The doors translate it to problem details (422) or INVALID_ARGUMENT.
    """

    def __init__(self, field: str, message: str, mend: str, source: str | None = None) -> None:
        super().__init__(field, message, mend, source)
        self.field = field
        self.message = message
        self.mend = mend
        self.source = source

    def __str__(self) -> str:
        said = f"{self.field}: {self.message} {self.mend}".rstrip()
        return f"{said} ({self.source})" if self.source else said
