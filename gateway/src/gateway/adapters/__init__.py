"""The real things behind the ports: the bus, keys, certificates, stores."""
