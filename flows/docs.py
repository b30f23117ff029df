"""The dbt docs of a project as one static file: `python -m flows.docs FOLDER`."""

import shutil
import subprocess
import sys
from pathlib import Path

from flows.config import Config, load_config
from flows.errors import BuildError
from flows.resources import DBT_DIRECTORY
from flows.settings import Settings
from flows.tasks.dbt import dbt_environment

DBT_DOCS_NAME = "dbt_docs.html"


def write_docs(config: Config, environment: dict[str, str]) -> Path:
    """Generate the static dbt docs from the built warehouse; BuildError when dbt cannot."""
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors"),
        *("docs", "generate", "--static", "--project-dir", str(DBT_DIRECTORY)),
    ]
    finished = subprocess.run(
        command,
        env=dbt_environment(config, environment),
        cwd=DBT_DIRECTORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    page = config.state_folder / "dbt_target" / "static_index.html"
    if finished.returncode or not page.exists():
        raise BuildError("dbt could not write its docs; run `matchback run` first, then try again.")
    config.reports_folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(page, config.reports_folder / DBT_DOCS_NAME))


def main() -> None:
    """Write the docs of the folder given on the command line."""
    settings = Settings.from_environment()
    config = load_config(Path(sys.argv[1]) / "matchback.yml", settings.environment)
    page = write_docs(config, settings.child_environment())
    sys.stdout.write(f"{page}\n")


if __name__ == "__main__":
    main()
