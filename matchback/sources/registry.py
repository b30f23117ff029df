"""The sources of files and tables, in the order in which they are loaded."""

from matchback.sources.consent.source import SOURCE as CONSENT
from matchback.sources.crm.source import SOURCE as CRM
from matchback.sources.ga4.source import SOURCE as GA4
from matchback.sources.kit.source import Source
from matchback.sources.logs.source import SOURCE as CAPI

SOURCES: tuple[Source, ...] = (GA4, CAPI, CRM, CONSENT)
