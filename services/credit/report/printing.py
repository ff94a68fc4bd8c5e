"""A page as PDF, by a process of its own, with an end to its time."""

import logging
import os
import subprocess
import sys
from ctypes.util import find_library
from importlib.util import find_spec
from shutil import which
from threading import BoundedSemaphore

from libs.chassis.problems import TooMany, Unavailable

log = logging.getLogger(__name__)

LIBRARIES = ("gobject-2.0", "pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-wqy-zenhei"
SECONDS = 120.0  # by the clock: on a busy machine the seconds of processor time that it has take longer
AT_ONCE = 2
WAIT = 10.0  # seconds for a place
_PLACES = BoundedSemaphore(AT_ONCE)
# Nothing of the service's own environment, in which its secrets stand.
_KEPT = ("PATH", "LANG", "TMPDIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE")

_found: list[bool] = []  # once all is there it stays


def require_printer() -> None:
    """Unavailable, with what to install, where a PDF cannot be made here."""
    if _found:
        return
    lacking = missing()
    if lacking:
        raise Unavailable(
            f"A PDF needs {', '.join(lacking)}, which this machine does not have.",
            mend=f"Ask for format=html, or install them (on Debian: apt-get install {PACKAGES}).",
        )
    _found.append(True)


def missing() -> list[str]:
    lacking = [] if find_spec("weasyprint") else ["WeasyPrint"]
    lacking += [f"lib{name}" for name in LIBRARIES if find_library(name) is None]
    return lacking + ([] if has_chinese_font() else ["a Chinese font"])


def has_chinese_font() -> bool:
    program = which("fc-list")
    if program is None:
        return False
    listed = subprocess.run([program, ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


def pdf_of(html: str) -> bytes:
    """The page as PDF. TooMany while others are being printed, Unavailable where it fails or takes too long."""
    if not _PLACES.acquire(timeout=WAIT):
        raise TooMany("Other reports are being printed.", mend="Ask again in a moment, or for format=html.")
    try:
        return _printed(html)
    finally:
        _PLACES.release()


def _printed(html: str) -> bytes:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = [sys.executable, "-I", "-m", "services.credit.report.pdf"]
    try:
        made = subprocess.run(
            command, input=html.encode(), capture_output=True, timeout=SECONDS, env=environment, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        how = (
            f"ended with {error.returncode}"
            if isinstance(error, subprocess.CalledProcessError)
            else "was late"
        )
        log.warning("the process that draws a PDF %s", how)  # what it said may hold words of the page
        raise Unavailable("The PDF could not be made.", mend="Ask for format=html, or try again.") from error
    return made.stdout
