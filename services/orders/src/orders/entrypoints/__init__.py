"""Ways in: RPC methods, events, the command line. They decode, hand over and encode."""
