"""What comes from outside Python: system packages, the broker's jars."""

import hashlib
import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

from app import engines

# What a report needs to become a PDF; services/credit/report/printing.py looks for the same.
PRINTING = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PRINTING_PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
CHINESE_FONTS = ["fonts-wqy-zenhei"]
# What is only tried keeps nobody waiting.
_BRIEFLY = ("-o", "Acquire::http::Timeout=10", "-o", "Acquire::Retries=0")


def install_packages(what: str, packages: list[str]) -> None:
    """Install Debian packages, or end with the one sentence that says what to install."""
    command = f"apt-get install {' '.join(packages)}"
    if not may_install():
        sys.exit(f"Rongqiao needs {what}: install it (on Debian: {command}) and run this again.")
    print(f"Installing {what}: {command}", flush=True)
    _apt("update", "-qq")
    if _apt("install", "-y", "-qq", "--no-install-recommends", *packages) != 0:
        sys.exit(f"Rongqiao needs {what}, and `{command}` failed: the lines above say why.")


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*arguments: str) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", *arguments]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=environment).returncode


def prepare_postgres() -> None:
    if engines.postgres_programs() is None:
        install_packages("PostgreSQL's server", ["postgresql"])


def prepare_chromium() -> None:
    if shutil.which("chromium") is None:
        install_packages("the browser Chromium", ["chromium"])
    if not has_chinese_font():
        install_packages("a Chinese font", CHINESE_FONTS)


def prepare_load() -> None:
    if shutil.which("wrk") is None:
        install_packages("the load generator wrk", ["wrk"])


def has_chinese_font() -> bool:
    fonts = Path("/usr/share/fonts")
    return any(next(fonts.rglob(pattern), None) for pattern in ("wqy-*", "NotoSansCJK*", "NotoSerifCJK*"))


def prepare_reports() -> None:
    """What WeasyPrint draws PDF reports with."""
    lacking = _lacking_for_reports()
    if lacking:
        install_packages("the libraries that draw reports as PDF", lacking)


def try_reports() -> None:
    """The same, where it can be had without asking: a platform serves without PDFs too, and says what is missing."""
    lacking = _lacking_for_reports()
    if not lacking or not may_install():
        return
    print(f"Installing what reports need to become PDFs: {' '.join(lacking)}", flush=True)
    _apt("update", "-qq", *_BRIEFLY)
    if _apt("install", "-y", "-qq", "--no-install-recommends", *_BRIEFLY, *lacking) != 0:
        print("They could not be installed; reports are served as HTML meanwhile.", flush=True)


def _lacking_for_reports() -> list[str]:
    libraries = [] if all(map(find_library, PRINTING)) else PRINTING_PACKAGES
    return libraries + ([] if has_chinese_font() else CHINESE_FONTS)


def prepare_kafka(root: Path) -> None:
    """Bring the broker's jars into var/kafka/lib, from the local Maven folder when they are there already."""
    if engines.java() is None:
        install_packages("Java 17", ["default-jre-headless"])
    jars = engines.kafka_jars(root)
    pom = root / "tools" / "kafka" / "pom.xml"
    wanted = hashlib.sha256(pom.read_bytes()).hexdigest()
    stamp = jars / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if shutil.which("mvn") is None:
        install_packages("Maven", ["maven"])
    print("Fetching the Kafka broker", flush=True)
    shutil.rmtree(jars, ignore_errors=True)
    if _copy_jars(pom, jars, "--offline") != 0 and _copy_jars(pom, jars) != 0:
        sys.exit("Maven could not fetch the Kafka broker: the lines above say why.")
    stamp.write_text(wanted)


def _copy_jars(pom: Path, jars: Path, *options: str) -> int:
    command = [
        "mvn",
        "-q",
        "-B",
        *options,
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={jars}",
    ]
    quiet = subprocess.DEVNULL if options else None
    return subprocess.run(command, check=False, stdout=quiet, stderr=quiet).returncode
