"""PostgreSQL, the MQTT broker and the bus, behind the ports of the application."""
