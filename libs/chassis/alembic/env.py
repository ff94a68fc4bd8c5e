"""Alembic's environment for every service: `libs.chassis.migrations` hands it a connection."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator


def render(kind: str, value: Any, _autogenerate: object) -> str | Literal[False]:
    """Our own column types by what the database sees: a migration must not change when their code does."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl!r}"
    return False


arguments = context.config.attributes
context.configure(
    connection=arguments["connection"],
    target_metadata=arguments["metadata"],
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
