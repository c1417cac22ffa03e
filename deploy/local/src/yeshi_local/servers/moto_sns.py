"""moto's server with the bell's topic in it before its port opens: moto keeps nothing over a restart, and SNS would."""

import sys

from moto.server import main
from moto.sns.models import sns_backends

from yeshi_local.servers.small import ACCOUNT, REGION, TOPIC

if __name__ == "__main__":
    sns_backends[ACCOUNT][REGION].create_topic(TOPIC)
    main(sys.argv[1:])
