"""The whole platform natively on loopback: its servers, its doubles of foreign clouds, and `make up`."""
