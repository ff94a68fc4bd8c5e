"""The file of a scorecard: its form is that of `libs/chassis/hashed_file`."""

from libs.chassis.hashed_file import LARGEST, HashedFile
from services.credit.domain.card import Card

__all__ = ["FORMAT", "LARGEST", "card_sha256", "read_card_file", "write_card"]

FORMAT = "rongqiao-card/1"
_FILE = HashedFile(FORMAT, "card", Card)

card_sha256 = _FILE.sha256
write_card = _FILE.write
read_card_file = _FILE.read
