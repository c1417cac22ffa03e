"""The rules of accounts, sessions, signing keys, sellerhood, addresses and LINE binding."""
