"""What the door does: use cases over ports, with no driver and no wire format."""
