"""Compiled templates, kept in the user's cache folder: compiling costs more than rendering."""

import hashlib
from contextlib import suppress

import platformdirs
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket


def template_cache(*environment: str) -> BytecodeCache | None:
    """Return the cache of an environment, named by what its compiled templates depend on.

    That is what the environment's options come from, such as the text of the module that sets them.
    None where the folder cannot be made.
    """
    folder = platformdirs.user_cache_path("matchback") / "templates"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    digest = hashlib.sha256("\0".join(environment).encode()).hexdigest()
    return _Patient(str(folder), f"{digest[:16]}-%s")


class _Patient(FileSystemBytecodeCache):
    """A cache that cannot be read or written costs time, never a page."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)
