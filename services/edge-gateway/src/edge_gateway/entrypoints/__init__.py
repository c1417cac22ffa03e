"""Ways in: RPC methods, events, MQTT, the command line. They decode, hand over and encode."""
