"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from libs.chassis import codec
from libs.chassis.vault import vault

T = TypeVar("T")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class Document(TypeDecorator[T], Generic[T]):
    """A frozen dataclass (or a tuple of them) as JSON text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, shape: type[T]) -> None:
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else codec.to_json(value, self.shape).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else codec.from_json(self.shape, value)


class Encrypted(TypeDecorator[str]):
    """Personal text under AES-GCM, with the id of its key in front."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else vault().seal(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else vault().open(value)


class Sealed(Document[T]):
    """A frozen dataclass in which personal text may stand: as JSON, under AES-GCM."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        text = super().process_bind_param(value, dialect)
        return None if text is None else vault().seal(text)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return super().process_result_value(None if value is None else vault().open(value), dialect)
