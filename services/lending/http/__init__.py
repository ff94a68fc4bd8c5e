"""Lending over HTTP, a module for each group of its collections."""

from services.lending.http import (
    applications,
    costs,
    day_ends,
    feed,
    house,
    intake,
    loans,
    pledges,
    products,
    quality,
    returns,
    sandbox,
    waivers,
    webhooks,
)

# Intake and quality stand before products: `/products/export` is no id of a product.
routers = (
    intake.router,
    quality.router,
    products.router,
    costs.router,
    applications.router,
    loans.router,
    pledges.router,
    returns.router,
    house.router,
    day_ends.router,
    feed.router,
    sandbox.router,
    waivers.router,
    webhooks.router,
)
