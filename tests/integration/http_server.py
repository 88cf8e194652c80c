"""`import-jobs serve` with limits from the environment, so that a test need not wait for those of everyday use."""

import json
import os

from processor import log
from processor.app import create_app
from processor.config import from_environment
from processor.surface import server
from processor.surface.limits import Limits

if __name__ == "__main__":
    config = from_environment(os.environ)
    log.set_up(config.log_level)
    limits = Limits(**json.loads(os.environ["HTTP_LIMITS"]))
    server.run(create_app(config, limits), config.host, config.port, limits)
