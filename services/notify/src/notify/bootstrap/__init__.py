"""The one place where notify's real parts meet: a page for each process, so that the service loads no SDK."""
