"""Why a row or a whole file was not loaded; the text never holds a value of the row."""

from collections.abc import Iterator
from contextlib import contextmanager

from matchback.core.errors import SourceError


class RowRejectedError(Exception):
    """One row cannot be loaded; it goes to quarantine with this reason."""


class FileRefusedError(Exception):
    """A file cannot be read at all; nothing of it is loaded, and the run goes on."""


@contextmanager
def source_errors(what: str, advice: str) -> Iterator[None]:
    """Tell a failure of the API by its kind only, as SourceError: its text may quote a row."""
    from google.api_core.exceptions import GoogleAPICallError

    try:
        yield
    except GoogleAPICallError as error:
        raise SourceError(f"{what} cannot be read ({type(error).__name__}); {advice}.") from None
