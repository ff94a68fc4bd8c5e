"""Whom a page is for: the roles of each audience, its home and its menu."""

from dataclasses import dataclass

from libs.chassis.principal import BANK, GUARANTOR, Role


@dataclass(frozen=True, slots=True)
class Audience:
    """`menu` holds the path and, under `menu.`, the key of its words; the first entry is the audience's home."""

    name: str
    roles: tuple[Role, ...]
    menu: tuple[tuple[str, str], ...]

    @property
    def home(self) -> str:
        return self.menu[0][0]


SME = Audience(
    "sme",
    (Role.SME,),
    (
        ("/requests", "requests"),
        ("/requests/new", "ask"),
        ("/file", "file"),
        ("/credit", "credit"),
        ("/documents", "documents"),
        ("/consents", "consents"),
        ("/repairs", "repairs"),
        ("/mandates", "mandates"),
    ),
)
BANKS = Audience(
    "bank",
    BANK,
    (
        ("/bank/applications", "applications"),
        ("/bank/products", "products"),
        ("/bank/products/import", "import"),
    ),
)
GUARANTORS = Audience(
    "guarantor",
    (*GUARANTOR, Role.REGUARANTOR),
    (
        ("/guarantor/guarantees", "guarantees"),
        ("/guarantor/headroom", "headroom"),
        ("/guarantor/programmes", "programmes"),
    ),
)
REGULATORS = Audience("regulator", (Role.REGULATOR,), (("/oversight", "flows"),))
SERVICE_CENTRE = Audience(
    "service_centre", (Role.SERVICE_CENTRE,), (("/cases", "cases"), ("/desk/repairs", "asked"))
)
OPERATORS = Audience(
    "operator",
    (Role.OPERATOR,),
    (
        ("/organisations", "organisations"),
        ("/accounts/new", "account"),
        ("/desk/basis", "basis"),
        ("/desk/cards", "cards"),
        ("/desk/repairs", "asked"),
    ),
)

AUDIENCES = (SME, BANKS, GUARANTORS, REGULATORS, SERVICE_CENTRE, OPERATORS)


def audience_of(role: Role) -> Audience | None:
    """The audience that a role belongs to; None for services, which read no pages."""
    return next((audience for audience in AUDIENCES if role in audience.roles), None)
