"""Ways in: RPC methods, events, and the work process. They decode, hand over and encode."""
