"""Where the content of documents is kept, sealed: a folder of this machine, or any store that speaks S3.

Keys are ids that the platform made. To keep under a key again replaces, to destroy what is not there is no mistake, so
that both can be repeated. Never called within a transaction.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from libs.chassis.problems import Unavailable
from libs.chassis.settings import Settings

if TYPE_CHECKING:  # the library of S3 is imported only where a bucket is set
    from types_boto3_s3.client import S3Client

_CONNECT, _READ = 5, 30  # seconds
_TRIES = 3


class BlobMissing(Exception):
    """Nothing is kept under this key."""


class Blobs(Protocol):
    def keep(self, key: str, sealed: bytes) -> None:
        """When it returns, the content outlives a crash."""
        ...

    def fetch(self, key: str) -> bytes:
        """BlobMissing where nothing is kept."""
        ...

    def destroy(self, key: str) -> None: ...


class FolderBlobs:
    """Files that only this account can read, spread over sub-folders by the end of their key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, key: str, sealed: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)  # of a process that died
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _settle(path.parent)

    def fetch(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(key) from error

    def destroy(self, key: str) -> None:
        path = self._path(key)
        path.with_suffix(".draft").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not key.replace("_", "").isalnum():
            raise ValueError(f"{key!r} is no key of the platform")
        return self._folder / key[-2:] / key


def _settle(folder: Path) -> None:
    """The new name is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class S3Blobs:
    def __init__(self, bucket: str, endpoint: str | None, region: str) -> None:
        self._bucket = bucket
        self._client = _client(endpoint, region)

    def keep(self, key: str, sealed: bytes) -> None:
        with _answering():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=sealed)

    def fetch(self, key: str) -> bytes:
        with _answering():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey as error:
                raise BlobMissing(key) from error

    def destroy(self, key: str) -> None:
        with _answering():
            self._client.delete_object(Bucket=self._bucket, Key=key)


def _client(endpoint: str | None, region: str) -> "S3Client":
    import boto3
    from botocore.config import Config

    # Stores other than Amazon's own know neither its newer checksums nor, mostly, buckets as host names.
    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        s3={"addressing_style": "path" if endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)


@contextmanager
def _answering() -> Generator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(
            "The store of documents does not answer as it should.", mend="Try again in a moment."
        ) from error


def blobs_of(settings: Settings) -> Blobs:
    if settings.documents_bucket:
        return S3Blobs(settings.documents_bucket, settings.documents_endpoint, settings.documents_region)
    return FolderBlobs(settings.documents_folder or settings.home / "documents")
