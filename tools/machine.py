"""What comes from outside Python: system packages, the broker's jars."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from app import engines


def install_packages(what: str, packages: list[str]) -> None:
    """Install Debian packages, or end with the one sentence that says what to install."""
    command = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"Rongqiao needs {what}: install it (on Debian: {command}) and run this again.")
    print(f"Installing {what}: {command}", flush=True)
    _apt("update", "-qq")
    if _apt("install", "-y", "-qq", "--no-install-recommends", *packages) != 0:
        sys.exit(f"Rongqiao needs {what}, and `{command}` failed: the lines above say why.")


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
    fonts = Path("/usr/share/fonts")
    if not any(next(fonts.rglob(pattern), None) for pattern in ("wqy-*", "NotoSansCJK*", "NotoSerifCJK*")):
        install_packages("a Chinese font", ["fonts-wqy-zenhei"])


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
