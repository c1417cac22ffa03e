"""`python -m edge_gateway {service | migrate | relay}`."""

from chassis.cli import main

main("edge_gateway", service="edge_gateway.entrypoints.process:main")
