"""Great Expectations on pandas frames: nulls, duplicates, match and a pattern per text column."""

import great_expectations as gx
import pandas as pd
from common import FLAT, KEYS, NOT_NULL, PERSONAL, say
from great_expectations import expectations as gxe

client = pd.read_parquet(FLAT / "client.parquet")
server = pd.read_parquet(FLAT / "server.parquet")
texts = [name for name in client.columns if name not in KEYS]
context = gx.get_context(mode="ephemeral")
source = context.data_sources.add_pandas("frames")


def validated(name: str, frame: pd.DataFrame, expectations: list[gxe.Expectation]) -> list[object]:
    """Return the results of some expectations about one frame."""
    batches = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = gx.ValidationDefinition(data=batches, suite=suite, name=name)
    options = {"result_format": "BASIC", "exclude_unexpected_values": True}
    return definition.run(batch_parameters={"dataframe": frame}, result_format=options).results


results = validated(
    "client",
    client,
    [
        gxe.ExpectColumnValuesToBeUnique(column="event_key"),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in NOT_NULL),
        *(gxe.ExpectColumnValuesToNotMatchRegex(column=name, regex=PERSONAL) for name in texts),
    ],
) + validated(
    "server",
    server,
    [
        gxe.ExpectColumnValuesToBeUnique(column="event_key"),
        gxe.ExpectColumnValuesToBeInSet(
            column="event_key", value_set=client["event_key"].unique().tolist()
        ),
    ],
)
say(
    expectations=len(results),
    failed={
        result.expectation_config.kwargs["column"]: result.result.get("unexpected_count")
        for result in results
        if not result.success
    },
)
