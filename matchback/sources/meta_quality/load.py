"""Load what Meta's Dataset Quality API says about the configured datasets.

The source is optional and outside our control: what cannot be fetched is named, never raised, and
leaves the check unknown. The token travels in a header, so that no URL holds it.
"""

import http.client
import json
import logging
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matchback.config import Config, MetaQualityConfig
from matchback.core.clock import Clock
from matchback.sources.meta_quality.answers import FIELDS, QualityFigure, quality_figures
from matchback.warehouse.base import Warehouse

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20
MAXIMUM_BYTES = 5_000_000
COLUMNS = (
    "fetched_at", "dataset_id", "event_name", "metric", "name", "value", "goal",
    "potential_increase", "description", "run_id",
)  # fmt: skip


@dataclass(frozen=True)
class QualityLoad:
    """How many figures were stored, and a sentence per dataset that gave none."""

    figure_count: int
    problems: list[str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def load_meta_quality(
    warehouse: Warehouse, config: Config, run_id: str, clock: Clock
) -> QualityLoad:
    """Fetch and store the figures of each configured dataset; safe to run again."""
    source = config.sources.meta_quality
    if source is None:
        return QualityLoad(0, [])
    stored, problems = 0, []
    for dataset_id in source.dataset_ids:
        found = fetch_figures(source, dataset_id)
        if isinstance(found, str):
            problems.append(found)
            logger.warning(found)
            continue
        store_figures(warehouse, dataset_id, found, run_id, clock)
        stored += len(found)
    return QualityLoad(stored, problems)


def fetch_figures(source: MetaQualityConfig, dataset_id: str) -> list[QualityFigure] | str:
    """Return the figures of a dataset, or the sentence that says why there are none."""
    request = urllib.request.Request(
        f"{source.api_url.rstrip('/')}/{source.api_version}/dataset_quality?"
        + urllib.parse.urlencode({"dataset_id": dataset_id, "fields": FIELDS}),
        headers={"Authorization": f"Bearer {source.access_token.get_secret_value()}"},
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(
            request, timeout=TIMEOUT_SECONDS
        ) as response:
            answer = json.loads(response.read(MAXIMUM_BYTES))
    except urllib.error.HTTPError as error:
        return _problem(dataset_id, f"answered {error.code}{_graph_code(error)}")
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        return _problem(dataset_id, f"could not be reached ({type(error).__name__})")
    except ValueError:
        return _problem(dataset_id, "gave no JSON")
    figures = quality_figures(answer) if isinstance(answer, dict) else []
    return figures or _problem(dataset_id, "knows no web event of it")


def store_figures(
    warehouse: Warehouse,
    dataset_id: str,
    figures: Sequence[QualityFigure],
    run_id: str,
    clock: Clock,
) -> None:
    """Replace the figures of this dataset and moment, in one transaction."""
    moment = clock.now.replace(tzinfo=None)
    values: dict[str, Any] = {}
    for number, figure in enumerate(figures):
        row = {"fetched_at": moment, "dataset_id": dataset_id, "run_id": run_id, **asdict(figure)}
        values |= {f"{column}_{number}": row[column] for column in COLUMNS}
    tuples = ", ".join(
        "(" + ", ".join(f"${column}_{number}" for column in COLUMNS) + ")"
        for number in range(len(figures))
    )
    with warehouse.transaction():
        warehouse.execute(
            "delete from landing.meta_quality "
            "where dataset_id = $dataset_id and fetched_at = $fetched_at",
            {"dataset_id": dataset_id, "fetched_at": moment},
        )
        warehouse.execute(
            f"insert into landing.meta_quality ({', '.join(COLUMNS)}) values {tuples}", values
        )


def _problem(dataset_id: str, what: str) -> str:
    return (
        f"The Dataset Quality API {what} for dataset {dataset_id}; match quality stays unknown. "
        "Check sources.meta_quality in matchback.yml."
    )


def _graph_code(error: urllib.error.HTTPError) -> str:
    """Return Graph's error code; its text is localised and may quote what was sent."""
    try:
        code = json.loads(error.read(MAXIMUM_BYTES))["error"]["code"]
    except (ValueError, KeyError, TypeError, OSError):
        return ""
    return f" with error {int(code)}" if isinstance(code, int) else ""
