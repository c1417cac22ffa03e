"""Ways in: RPC methods, events, work, the command line. They decode, hand over and encode."""
