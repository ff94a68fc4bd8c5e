"""Guarantee over HTTP, a module for each group of its collections."""

from services.guarantee.http import books, claims, guarantees

routers = (guarantees.router, claims.router, books.router)
