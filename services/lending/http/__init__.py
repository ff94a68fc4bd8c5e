"""Lending over HTTP, a module for each group of its collections."""

from services.lending.http import applications, feed, house, loans, pledges, products, webhooks

routers = (products.router, applications.router, loans.router, pledges.router, house.router, feed.router, webhooks.router)
