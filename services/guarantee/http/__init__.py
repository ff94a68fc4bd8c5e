"""Guarantee over HTTP, a module for each group of its collections."""

from services.guarantee.http import books, claims, filings, guarantees, parties

routers = (guarantees.router, filings.router, claims.router, books.router, parties.router)
