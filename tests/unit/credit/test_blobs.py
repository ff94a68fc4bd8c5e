"""Where content is kept: one suite for the folder and for a store that speaks S3 over HTTP."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from libs.chassis.problems import Unavailable
from libs.chassis.settings import Settings
from services.credit.blobs import BlobMissing, Blobs, FolderBlobs, S3Blobs, blobs_of

KEY = "blob_01KATEST0000000000000000AA"
OTHER = "blob_01KATEST0000000000000000AB"
BUCKET = "rongqiao-documents"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """A server of its own, at its address; what the library needs to sign is in the environment."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "made-up")
        server.start()
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket=BUCKET)
        yield address
        server.stop()


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "documents")
    return S3Blobs(BUCKET, request.getfixturevalue("store"), "us-east-1")


def test_what_was_kept_is_fetched(blobs: Blobs) -> None:
    content = os.urandom(3 << 20)
    blobs.keep(KEY, content)
    blobs.keep(OTHER, b"")

    assert blobs.fetch(KEY) == content
    assert blobs.fetch(OTHER) == b""


def test_to_keep_again_replaces(blobs: Blobs) -> None:
    blobs.keep(KEY, b"first, which broke off")
    blobs.keep(KEY, b"second")

    assert blobs.fetch(KEY) == b"second"


def test_what_was_destroyed_is_gone_and_may_be_destroyed_again(blobs: Blobs) -> None:
    blobs.keep(KEY, b"1")
    blobs.destroy(KEY)
    blobs.destroy(KEY)

    with pytest.raises(BlobMissing):
        blobs.fetch(KEY)


def test_only_this_account_reads_the_folder(tmp_path: Path) -> None:
    FolderBlobs(tmp_path / "documents").keep(KEY, b"1")

    kept = [path for path in (tmp_path / "documents").rglob("*") if path.is_file()]

    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]


def test_a_crash_while_writing_leaves_nothing_that_could_be_fetched(tmp_path: Path) -> None:
    folder = FolderBlobs(tmp_path)
    folder.keep(KEY, b"1")
    kept = next(path for path in tmp_path.rglob("*") if path.is_file())
    kept.rename(kept.with_suffix(".draft"))  # as it stands before it is whole

    with pytest.raises(BlobMissing):
        folder.fetch(KEY)
    folder.keep(KEY, b"again")
    assert folder.fetch(KEY) == b"again"
    folder.destroy(KEY)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("key", ["../keys.json", "a/b", ""])
def test_a_key_that_is_none_of_ours_leads_nowhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        FolderBlobs(tmp_path).keep(key, b"1")


def test_a_store_that_refuses_is_told_as_unavailable(store: str) -> None:
    with pytest.raises(Unavailable):
        S3Blobs("no-such-bucket", store, "us-east-1").keep(KEY, b"1")


def test_settings_choose_the_store(store: str, tmp_path: Path) -> None:
    chosen = blobs_of(Settings(home=tmp_path, documents_bucket=BUCKET, documents_endpoint=store))
    chosen.keep(KEY, b"1")

    assert S3Blobs(BUCKET, store, "us-east-1").fetch(KEY) == b"1"
    assert isinstance(blobs_of(Settings(home=tmp_path)), FolderBlobs)
