"""The file of a likelihood model: its form is that of `libs/chassis/hashed_file`."""

from libs.chassis.hashed_file import LARGEST, HashedFile
from services.matching.domain.likelihood import LikelihoodModel

__all__ = ["LARGEST", "model_sha256", "read_model_file", "write_model"]

_FILE = HashedFile("rongqiao-likelihood/1", "model", LikelihoodModel)

model_sha256 = _FILE.sha256
write_model = _FILE.write
read_model_file = _FILE.read
