"""Reading matchback.yml: strict YAML, variables of the environment, one sentence per mistake."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from matchback.config.document import Config
from matchback.core.errors import ConfigError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class _StrictLoader(yaml.SafeLoader):
    """YAML without silent surprises: a key given twice is refused."""


def _mapping_without_repeats(
    loader: _StrictLoader, node: yaml.MappingNode
) -> dict[Hashable, object]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.MarkedYAMLError(
                problem=f"the key '{key}' is given twice", problem_mark=node.start_mark
            )
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats
)


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """Read and validate one config file; ConfigError says what is wrong, where, in a sentence."""
    text = _read_text(path)
    try:
        # _StrictLoader is a SafeLoader: it builds plain values only.
        raw = yaml.load(text, Loader=_StrictLoader)  # nosec B506
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path} is not valid YAML{line}: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ConfigError(f"{path} is not valid YAML; check its characters.") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} is empty or no mapping; it needs at least the key 'sources'.")
    filled = _substitute(raw, environment, path, "")
    try:
        config = Config.model_validate(filled)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error)}.") from None
    return config.placed_in(path.resolve().parent)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no config file {path}; create it or name another with --config."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"The config file {path} is no UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(
            f"The config file {path} cannot be read ({error.strerror}); name a readable file "
            "with --config."
        ) from None


def _substitute(value: object, environment: Mapping[str, str], path: Path, where: str) -> object:
    if isinstance(value, dict):
        return {
            key: _substitute(item, environment, path, f"{where}.{key}" if where else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _substitute(item, environment, path, f"{where}[{index}]")
            for index, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        found = environment.get(match[1], match[2])
        if found is None:
            raise ConfigError(
                f"{path}: {where} uses ${{{match[1]}}}, but the environment variable "
                f"{match[1]} is not set; set it or remove the key."
            )
        return found

    return VARIABLE.sub(fill, value)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = _where(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_type" and isinstance(first["input"], bool):
        message = "YAML reads this word (NO, yes, on, off) as true or false; put it in quotes"
    elif first["type"] == "missing":
        message = "is required and missing"
    elif first["type"] == "string_pattern_mismatch":
        message = f"holds a character that is not allowed here ({message[0].lower()}{message[1:]})"
    more = len(error.errors()) - 1
    return f"{where or 'top level'}: {message}" + (f" (and {more} more)" if more else "")


def _where(location: tuple[int | str, ...]) -> str:
    """Spell a pydantic location as the user would; union tags are no keys."""
    text = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part}]"
        elif index and part in {"files", "bigquery", "duckdb"} and index < 3:
            continue
        else:
            text += f".{part}" if text else part
    return text
