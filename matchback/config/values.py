"""Values that a config file may hold: zones, sizes, names, secrets, paths."""

import codecs
import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, GetPydanticSchema, SecretStr
from pydantic_core import core_schema

from matchback.core.offered import consent_formats, crm_presets, log_formats

DATE_ORDERS = ("dmy", "mdy", "ymd")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB|KIB|MIB|GIB|TIB)?", re.IGNORECASE)
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40
}  # fmt: skip


def parse_size(text: str) -> int:
    """Return the bytes of a size like 20GB; a bare number is bytes."""
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a size")
    return int(float(match[1]) * UNITS[(match[2] or "B").upper()])


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(
            f"'{name}' is not a time zone; use an IANA name like Europe/Berlin"
        ) from None
    return name


def _check_size(text: str) -> str:
    if not SIZE.fullmatch(text.strip()):
        raise ValueError("is not a size; write it like 4GB")
    return text.strip()


def _check_date_format(text: str) -> str:
    if text in DATE_ORDERS:
        return text
    sample = datetime(2005, 1, 2, 3, 4, 5)  # noqa: DTZ001 - any moment
    try:
        if datetime.strptime(sample.strftime(text), text).date() == sample.date():  # noqa: DTZ007
            return text
    except ValueError:
        pass
    raise ValueError("is neither dmy, mdy, ymd nor a strptime pattern like %d.%m.%Y %H:%M")


def _check_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError("is no encoding; name utf-8, utf-16 or cp1252") from None


def _check_cron(text: str) -> str:
    if len(text.split()) != 5:
        raise ValueError("is not a cron line of five fields, like 0 7 * * *")
    return text


def _check_http_url(secret: SecretStr) -> SecretStr:
    if not re.match(r"https?://[^\s/]+", secret.get_secret_value()):
        raise ValueError("is not an http(s) URL")
    return secret


def _check_inside(path: str) -> str:
    if "\0" in path:
        raise ValueError("holds a NUL character")
    return path


def empty_is_none(value: object) -> object:
    """Read an empty text as nothing, as a variable that is set to nothing."""
    return None if value == "" else value


def _one_of(names: list[str]) -> GetPydanticSchema:
    return GetPydanticSchema(lambda _type, _handler: core_schema.literal_schema(names))


Timezone = Annotated[str, AfterValidator(_check_timezone)]
Size = Annotated[str, AfterValidator(_check_size)]
DateFormat = Annotated[str, AfterValidator(_check_date_format)]
Encoding = Annotated[str, AfterValidator(_check_encoding)]
Cron = Annotated[str, AfterValidator(_check_cron)]
Secret = Annotated[SecretStr | None, BeforeValidator(empty_is_none)]
SecretUrl = Annotated[SecretStr, AfterValidator(_check_http_url)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,2}$")]
PathPattern = Annotated[str, Field(min_length=1), AfterValidator(_check_inside)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
LogFormatName = Annotated[str, _one_of(log_formats())]
CrmPresetName = Annotated[str, _one_of(crm_presets())]
ConsentFormatName = Annotated[str, _one_of(consent_formats())]
