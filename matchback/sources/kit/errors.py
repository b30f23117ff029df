"""Why a row or a whole file was not loaded; the text never holds a value of the row."""


class RowRejectedError(Exception):
    """One row cannot be loaded; it goes to quarantine with this reason."""


class FileRefusedError(Exception):
    """A file cannot be read at all; nothing of it is loaded, and the run goes on."""
