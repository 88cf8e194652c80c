"""`import-jobs serve` with limits from HTTP_LIMITS, so that tests need not wait for the default ones."""

import json
import os

from processor import log
from processor.config import from_environment
from processor.http import server
from processor.http.app import create_app
from processor.http.limits import ServerLimits

if __name__ == "__main__":
    config = from_environment()
    log.set_up(config.log_level)
    limits = ServerLimits(**json.loads(os.environ["HTTP_LIMITS"]))
    server.run(create_app(config, limits), config.host, config.port, limits)
