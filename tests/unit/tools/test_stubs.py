"""Stubs follow the contracts, and survive a broken one."""

from pathlib import Path
from shutil import copytree

import pytest

from tools import stubs

ROOT = Path(__file__).resolve().parents[3]

SOUND = 'syntax = "proto3"; package rongqiao.shop.v1; message Price { int64 price_fen = 1; }'
BROKEN = 'syntax = "proto3"; package rongqiao.shop.v1; message Price { int64 price_fen = 1 }'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of one contract that uses this project's environment."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    copytree(ROOT / "requirements", tmp_path / "requirements")
    write_contract(tmp_path, SOUND)
    return tmp_path


def write_contract(tree: Path, text: str) -> None:
    contract = tree / "proto" / "rongqiao" / "shop" / "v1" / "shop.proto"
    contract.parent.mkdir(parents=True, exist_ok=True)
    contract.write_text(text)


def shop_stub(tree: Path) -> Path:
    return tree / "libs" / "contracts" / "rongqiao" / "shop" / "v1" / "shop_pb2.py"


def test_a_contract_becomes_an_importable_module(tree: Path) -> None:
    stubs.generate(tree)

    assert "price_fen" in shop_stub(tree).read_text()
    assert (shop_stub(tree).parent / "__init__.py").exists()


def test_unchanged_contracts_are_not_generated_again(tree: Path) -> None:
    stubs.generate(tree)
    before = shop_stub(tree).stat().st_mtime_ns

    stubs.generate(tree)

    assert shop_stub(tree).stat().st_mtime_ns == before


def test_a_broken_contract_says_so_and_leaves_the_old_stubs(tree: Path) -> None:
    stubs.generate(tree)
    before = shop_stub(tree).read_text()
    write_contract(tree, BROKEN)

    with pytest.raises(SystemExit, match="shop.proto"):
        stubs.generate(tree)

    assert shop_stub(tree).read_text() == before
