"""PostgreSQL, argon2id, ES256 and the messages of users."""
