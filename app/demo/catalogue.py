"""The catalogue of the demo: organisations, sign-ins, guarantors and products, as the tables in data/demo hold them.

Organisations are named by `key`; the platform gives the ids, so whoever plays the demo keeps the pairs.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TypedDict

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


class Organisation(TypedDict):
    """`id` is empty but for enterprises, who bring their party id."""

    key: str
    id: str
    kind: str
    name: str
    territory: str


class Account(TypedDict):
    """`organisation` is an organisation's key."""

    login: str
    password: str
    role: str
    organisation: str
    territory: str
    display_name: str


class Guarantor(TypedDict):
    """The guarantor of the contract but for `id`: `key` and `banks` are organisations' keys. `credit_line_fen`: the
    re-guarantor's line for a local one."""

    key: str
    name: str
    tier: str
    net_assets_fen: int
    opening_liability_fen: int
    counties: list[str]
    seat: str | None
    branches: list[str]
    banks: list[str]
    status: str
    credit_line_fen: int | None


def organisations(kind: str | None = None) -> list[Organisation]:
    """All organisations, or those of one kind (BANK, GUARANTOR, ENTERPRISE …), in the order of the table."""
    return [
        Organisation(
            key=row["key"], id=row["id"], kind=row["kind"], name=row["name"], territory=row["territory"]
        )
        for row in table("organisations")
        if kind in (None, row["kind"])
    ]


def accounts() -> list[Account]:
    """A sign-in for every role of every organisation."""
    return [
        Account(
            login=row["login"],
            password=row["password"],
            role=row["role"],
            organisation=row["organisation"],
            territory=row["territory"],
            display_name=row["display_name"],
        )
        for row in table("accounts")
    ]


def guarantors() -> list[Guarantor]:
    """The three tiers, local ones first."""
    return [
        Guarantor(
            key=row["key"],
            name=row["name"],
            tier=row["tier"],
            net_assets_fen=int(row["net_assets_fen"]),
            opening_liability_fen=int(row["opening_liability_fen"]),
            counties=listed(row["counties"]),
            seat=row["seat"] or None,
            branches=listed(row["branches"]),
            banks=listed(row["banks"]),
            status=row["status"],
            credit_line_fen=int(row["credit_line_fen"]) if row["credit_line_fen"] else None,
        )
        for row in table("guarantors")
    ]


def product_file(bank: str) -> Path:
    """The CSV that the bank with this key uploads; its format is data/demo/FORMAT.md."""
    return DEMO / "products" / f"{bank}.csv"


def products(bank: str) -> list[dict[str, str]]:
    """The cells of a bank's products by column, as the CSV has them."""
    return table(f"products/{bank}")


def table(name: str) -> list[dict[str, str]]:
    """The rows of `data/demo/<name>.csv` by column."""
    with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed(cell: str) -> list[str]:
    """The parts of a cell that holds a list."""
    return cell.split("|") if cell else []
