"""Where the ports meet PostgreSQL and the bus."""
