"""`python -m gateway service`."""

import sys

from gateway.entrypoints.process import start

if sys.argv[1:2] != ["service"]:
    print("usage: python -m gateway service", file=sys.stderr)
    raise SystemExit(2)
raise SystemExit(start(sys.argv[2:]))
