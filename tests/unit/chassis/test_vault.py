"""Personal data at rest: unreadable, tamper-proof, and still readable after the key was changed."""

import base64
import secrets
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.columns import Encrypted
from libs.chassis.database import Database, new_metadata
from libs.chassis.vault import Vault
from tests.support.services import opened

OLD = {"k1": b"1" * 32}
VAULT = Vault(OLD, b"pepper")
ROTATED = Vault(OLD | {"k2": b"2" * 32}, b"pepper")

metadata = new_metadata()
people = sa.Table(
    "people", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", Encrypted)
)


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    assert VAULT.open(VAULT.seal(text)) == text


@given(st.binary(max_size=200))
def test_sealed_content_opens_under_its_own_name_alone_even_after_the_key_was_changed(content: bytes) -> None:
    sealed = VAULT.seal_bytes(content, "blob_1")

    assert ROTATED.open_bytes(sealed, "blob_1") == content
    assert content not in sealed or len(content) < 4
    with pytest.raises(InvalidTag):
        VAULT.open_bytes(sealed, "blob_2")
    with pytest.raises(KeyError):
        VAULT.open_bytes(ROTATED.seal_bytes(content, "blob_1"), "blob_1")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert VAULT.seal("张三") != VAULT.seal("张三")


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, flip: int) -> None:
    key_id, _, body = VAULT.seal("a text of some thirty-two letters").partition(":")
    raw = bytearray(base64.b64decode(body))
    raw[place % len(raw)] ^= flip

    with pytest.raises(InvalidTag):
        VAULT.open(f"{key_id}:{base64.b64encode(raw).decode()}")


def test_a_text_is_bound_to_the_key_that_sealed_it() -> None:
    body = ROTATED.seal("张三").partition(":")[2]

    with pytest.raises(InvalidTag):
        ROTATED.open(f"k1:{body}")


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    sealed_before = VAULT.seal("张三")

    assert ROTATED.seal("李四").startswith("k2:")
    assert ROTATED.open(sealed_before) == "张三"


def test_a_lost_key_is_named() -> None:
    with pytest.raises(KeyError, match="k2"):
        VAULT.open(ROTATED.seal("张三"))


def test_an_index_finds_the_same_text_and_leads_nowhere_without_the_pepper() -> None:
    other = Vault(OLD, secrets.token_bytes(16))

    assert VAULT.blind_index("13812345678") == VAULT.blind_index("13812345678")
    assert VAULT.blind_index("13812345678") != other.blind_index("13812345678")
    assert VAULT.blind_index("uscc:1") != VAULT.firm_key("uscc:1")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, metadata) as database:
        yield database


def test_an_encrypted_column_is_read_by_us_and_by_nobody_else(database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(people).values([{"id": 1, "name": "张三"}, {"id": 2, "name": None}]))

    with database.read() as tx:
        read = [row.name for row in tx.rows(sa.select(people).order_by(people.c.id))]
        stored = tx.scalar(sa.text("SELECT name FROM people WHERE id = 1"))

    assert read == ["张三", None]
    assert "张三" not in stored
