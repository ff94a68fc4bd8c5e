"""`rongqiao keys`: the secrets of a platform whose services are processes of their own."""

from pathlib import Path

from libs.chassis.settings import Keys

IDENTITY, OTHERS = "identity.json", "services.json"


def run(folder: Path) -> int:
    """Make the two keys files in `folder`, or the second one again from the first.

    Only identity signs accounts' tokens and knows the first password; no other service gets what it does not need.
    """
    keys = Keys.load_or_make(folder / IDENTITY)
    others = keys.model_copy(update={"signing_key": None, "operator_password": ""})
    path = folder / OTHERS
    path.touch(mode=0o600)
    path.write_text(others.model_dump_json(indent=1))
    print(f"{folder / IDENTITY} is for identity, {path} for all other services.")
    return 0
