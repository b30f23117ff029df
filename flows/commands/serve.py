"""matchback serve: registers and runs the schedules."""

import logging

from flows.commands.common import DEFAULT_CONFIG, ConfigOption, exits_with_code, say
from flows.config import load_config
from flows.orchestration import has_prefect_api
from flows.serve import planned_jobs
from flows.serve import serve as serve_schedules
from flows.settings import Settings


@exits_with_code
def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the schedules until stopped, with the configured Prefect API or without one."""
    project = load_config(config, Settings.from_environment().environment)
    for job in planned_jobs(project):
        say(f"{job.cron}  {job.timezone}  matchback {' '.join(job.command)}")
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("flows").setLevel(logging.INFO)
    say("Scheduling with Prefect." if has_prefect_api() else "Scheduling without Prefect.")
    serve_schedules(project, config)
