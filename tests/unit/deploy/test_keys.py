"""The keys files of many processes: each service gets what it needs and no more."""

from pathlib import Path

from app import keys
from libs.chassis.settings import Keys


def test_only_identity_can_sign_and_knows_the_first_password(tmp_path: Path) -> None:
    keys.run(tmp_path)

    identity, others = (Keys.load_or_make(tmp_path / name) for name in (keys.IDENTITY, keys.OTHERS))
    assert identity.signing_key is not None
    assert identity.operator_password
    assert (others.signing_key, others.operator_password) == (None, "")
    assert others.verify_key == identity.verify_key
    assert others.vault() == identity.vault()


def test_made_again_they_are_the_same(tmp_path: Path) -> None:
    keys.run(tmp_path)
    first = (tmp_path / keys.IDENTITY).read_text(), (tmp_path / keys.OTHERS).read_text()

    keys.run(tmp_path)

    assert first == ((tmp_path / keys.IDENTITY).read_text(), (tmp_path / keys.OTHERS).read_text())
