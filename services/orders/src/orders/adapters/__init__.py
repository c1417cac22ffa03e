"""Where the ports meet PostgreSQL, the bus and LINE Pay."""
