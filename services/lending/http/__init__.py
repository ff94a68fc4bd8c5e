"""Lending over HTTP, a module for each group of its collections."""

from services.lending.http import applications, loans, pledges, products

routers = (products.router, applications.router, loans.router, pledges.router)
