"""The local S3 server: what a service may do to it at any time harms nobody who does something else."""

import boto3
import pytest

from yeshi_local.servers.small import BUCKET, REGION


@pytest.mark.parametrize("prefix", ["incoming/", "media/", "metadata/"])
def test_the_last_object_takes_no_folder_along_into_which_another_is_being_stored(s3, prefix):
    store = boto3.client(
        "s3",
        endpoint_url=s3.server.url,
        aws_access_key_id=s3.server.access_key,
        aws_secret_access_key=s3.server.secret_key,
        region_name=REGION,
    )
    key = f"{prefix}only"
    store.put_object(Bucket=BUCKET, Key=key, Body=b"one")
    store.delete_object(Bucket=BUCKET, Key=key)
    assert (s3.server.home / "data" / BUCKET / prefix).is_dir()
    assert "Contents" not in store.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}.stays")
