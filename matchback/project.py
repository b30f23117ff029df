"""What a command or flow works on: a config, the present, and what the environment says."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.settings import Settings, keep_files_private
from matchback.core.window import Window

DEFAULT_CONFIG = Path("matchback.yml")


@dataclass(frozen=True)
class Project:
    """A config with the present it is looked at in."""

    config: Config
    clock: Clock
    settings: Settings

    @classmethod
    def open(cls, config_path: Path, as_of: datetime | None = None) -> "Project":
        """Read a config; ConfigError when it cannot be used as given."""
        keep_files_private()
        settings = Settings.from_environment()
        config = load_config(config_path, settings.environment)
        return cls(config, Clock(as_of or settings.as_of), settings)

    def window(self, start: date | None, end: date | None) -> Window:
        """Return the window of these ends, else yesterday and its lookback."""
        if start and end:
            return Window(start, end)
        return Window.lookback(self.clock, self.config.zone, self.config.lookback_days)

    @property
    def warehouse_name(self) -> str:
        """Name the warehouse whose runs must not overlap."""
        warehouse = self.config.warehouse
        if warehouse.engine == "bigquery":
            return f"{warehouse.project}-{warehouse.dataset}"
        return f"{self.config.root.name}-{self.config.warehouse_path.stem}"
