"""docs/banks.md, as its reader walks through it."""

import os
import re
import subprocess
from pathlib import Path

from app.demo import seeding
from tests.support.platform import Running

GUIDE = Path("docs/banks.md")
COMMANDS = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_a_bank_gets_from_nothing_to_a_repayment_with_curl_alone(embedded: Running) -> None:
    commands = COMMANDS.findall(GUIDE.read_text(encoding="utf-8"))
    settings = {"PLATFORM": embedded.url, "PASSWORD": seeding.PASSWORD}

    walked = subprocess.run(
        ["bash", "-xeuo", "pipefail", "-c", "\n".join(commands)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(commands) >= 10
    assert walked.returncode == 0, walked.stderr[-3000:]
