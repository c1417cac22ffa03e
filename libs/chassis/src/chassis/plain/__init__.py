"""The bus for plain threads: no event loop and no greenlets, for a process that waits for one thing at a time."""

from chassis.plain.publisher import Published, Publisher

__all__ = ["Published", "Publisher"]
