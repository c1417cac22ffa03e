"""How the world comes in: HTTP routes, the process."""
