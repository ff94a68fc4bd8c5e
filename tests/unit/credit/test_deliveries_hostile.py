"""Files made to harm whoever reads them."""

import gzip
import io

import pytest

from libs.criteria.violation import Violation
from services.credit.intake import files


@pytest.mark.parametrize("packed", [True, False])
def test_a_line_without_an_end_is_not_read_to_its_end(packed: bool) -> None:
    line = b"a" * (64 << 20)
    file = io.BytesIO(gzip.compress(line, 1) if packed else line)

    with files.lines(file) as lines, pytest.raises(Violation, match="longer than any row"):
        list(lines)

    assert packed or file.tell() < len(line) / 2
