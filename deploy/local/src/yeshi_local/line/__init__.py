"""A local double of LINE: Messaging API, Login, LINE Pay and the phone that shows who got what.

It keeps LINE's paths, signatures, error texts, retry-key and quota rules, so that the platform's own
clients run against it unchanged. It is for development, tests and load, never part of a production image.
"""
