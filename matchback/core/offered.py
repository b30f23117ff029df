"""What the folders of the sources offer, told by the names of their files alone."""

from pkgutil import iter_modules

from matchback.core.resources import SOURCES_DIRECTORY

LOG_FORMATS = SOURCES_DIRECTORY / "logs" / "formats"
CRM_PRESETS = SOURCES_DIRECTORY / "crm" / "presets"
CONSENT_FORMATS = SOURCES_DIRECTORY / "consent" / "formats"


def log_formats() -> list[str]:
    """Return the formats of delivery logs: one module each."""
    return sorted(module.name for module in iter_modules([str(LOG_FORMATS)]))


def crm_presets() -> list[str]:
    """Return the CRM exports whose headers are known: one YAML file each."""
    return sorted(path.stem for path in CRM_PRESETS.glob("*.yml"))


def consent_formats() -> list[str]:
    """Return the formats of consent logs: one YAML file each."""
    return sorted(path.stem for path in CONSENT_FORMATS.glob("*.yml"))
