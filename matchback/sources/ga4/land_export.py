"""GA4 shards of the BigQuery export into landing.ga4_events of a DuckDB warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from matchback.sources.ga4.export import ExportedShard, Ga4Export, observed_paths
from matchback.sources.ga4.land import Ga4Loader, landing_columns
from matchback.sources.kit.errors import FileRefusedError
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.landing_rows import LoadContext, write_observed_columns
from matchback.sources.kit.ledger import LoadCounts


@dataclass(frozen=True)
class Ga4ExportLoader(Ga4Loader):
    """Reads the columns that landing holds; further ones are only noted as seen."""

    export: Ga4Export
    shards: Mapping[str, ExportedShard]

    def digest(self, file: FoundFile) -> str:
        """Return what changes whenever the table is written again."""
        return self.shards[file.name].digest

    def can_be_quick(self, file: FoundFile) -> bool:
        """There is one way only."""
        return False

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Read a shard and write its rows; part of the caller's transaction."""
        shard = self.shards[file.name]
        wanted = {column.name for column in landing_columns(context.warehouse)}
        found = [column.name for column in shard.columns]
        with TemporaryDirectory(prefix="matchback-", dir=context.warehouse.path.parent) as folder:
            parquet = Path(folder) / f"{file.name}.parquet"
            known = [name for name in found if name in wanted]
            if not self.export.download(shard, known, parquet):
                raise FileRefusedError("holds no rows")
            counts = super().load(context, replace(file, path=parquet), careful=careful)
        unknown = tuple(column for column in shard.columns if column.name not in wanted)
        write_observed_columns(context, self.source, file, observed_paths(unknown))
        return counts
