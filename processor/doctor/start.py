"""What a processor says about its installation when it starts: the cheap checks, a line of the log a problem."""

import logging

from processor.config import Config
from processor.doctor import in_sql
from processor.doctor.check import Problem
from processor.doctor.installation import Installation
from processor.log import event

#: What cannot be well before a processor runs.
NOT_YET = ("processor", "listener", "rings")
LEVELS = {"error": logging.ERROR, "warning": logging.WARNING}


def log_problems(config: Config) -> None:
    """Log the errors and warnings that SQL can see; it takes 0.1 s."""
    installation = Installation(config.database_url, config)
    try:
        for result in in_sql.run(installation, {"database_role"}):
            answer = result.answer
            if isinstance(answer, Problem) and result.name not in NOT_YET and result.severity in LEVELS:
                event(
                    "installation_problem",
                    LEVELS[result.severity],
                    check=result.name,
                    reason=answer.message,
                    hint=answer.hint,
                )
    finally:
        installation.close()
