"""A file as text, whatever its format: CSV is read as it comes, packed or not; Parquet is made CSV by another process.

Parquet's readers are large and written in C++, and its files may be hostile. So DuckDB reads it in a process of its
own, which may open nothing but the file, and hands on text through a pipe: memory here stays that of the rows in work.
"""

import gzip
import hashlib
import io
import os
import subprocess
import sys
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast

from libs.criteria.violation import Violation

_PARQUET, _GZIP = b"PAR1", b"\x1f\x8b"
_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 20  # characters
_ENVIRONMENT = (
    "PATH",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
)  # no secret of the service goes to whoever reads a hostile file


def digest(file: IO[bytes]) -> str:
    """SHA-256 of the whole file."""
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(_BLOCK):
        found.update(block)
    return found.hexdigest()


@contextmanager
def lines(file: IO[bytes]) -> Generator[Iterable[str]]:
    """The lines of `file` from its beginning. Violation, when that is reached, where it cannot be read on."""
    file.seek(0)
    first = file.read(4)
    file.seek(0)
    if first == _PARQUET:
        with _read_apart(file) as process:
            yield _lines_of(process)
    elif first.startswith(_GZIP):
        with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as text:
            yield _unpacked(cast(TextIO, text))
    else:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        yield _bounded(text)
        text.detach()


def _bounded(text: TextIO) -> Iterator[str]:
    """Line by line; a file packed to a thousandth may be one line that no memory holds."""
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise Violation("file", "A line is longer than any row.", "Write a row a line.")
        yield line


def _unpacked(text: TextIO) -> Iterator[str]:
    try:
        yield from _bounded(text)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Violation("file", f"It cannot be unpacked: {error}.", "Pack it anew with gzip.") from error


@contextmanager
def _read_apart(file: IO[bytes]) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "services.credit.intake.parquet"]
    known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=file.fileno(), stdout=pipe, stderr=pipe, env=known) as process:
        try:
            yield process
        finally:
            process.kill()


def _lines_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """They are a whole file only if the process came to its end."""
    assert process.stdout is not None and process.stderr is not None
    with io.TextIOWrapper(process.stdout, encoding="utf-8", newline="") as text:
        yield from _bounded(text)
    if process.wait() != 0:
        why = process.stderr.read().decode(errors="replace").strip()
        raise Violation("file", f"This Parquet cannot be read: {why:.200}", "Write it anew, or send a CSV.")
