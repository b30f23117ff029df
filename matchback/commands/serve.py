"""matchback serve: registers and runs the schedules."""

import logging
from dataclasses import asdict

from matchback.commands.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    exits_with_code,
    open_project,
    print_json,
    say,
)
from matchback.prefect_api import has_prefect_api
from matchback.schedule.jobs import planned_jobs, refuse_unusable
from matchback.schedule.serve import serve as serve_schedules


@exits_with_code
def serve(config: ConfigOption = DEFAULT_CONFIG, json_output: JsonOption = False) -> None:
    """Run the schedules until stopped, with the configured Prefect API or without one."""
    project = open_project(config)
    jobs = planned_jobs(project.config)
    refuse_unusable(jobs)
    has_prefect = has_prefect_api()
    if json_output:
        print_json(
            {"status": "serving", "prefect": has_prefect, "jobs": [asdict(job) for job in jobs]}
        )
    for job in jobs:
        say(f"{job.cron}  {job.timezone}  matchback {' '.join(job.command)}")
    logging.basicConfig(format="%(asctime)s %(message)s", force=True)
    logging.getLogger("matchback").setLevel(logging.INFO)
    say("Scheduling with Prefect." if has_prefect else "Scheduling without Prefect.")
    serve_schedules(project, config)
