"""The outside, made fit for the use cases: MongoDB, S3, image files, events."""
