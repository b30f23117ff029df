"""Detector of plain personal data in strings; pure, no I/O."""

from matchback.pii.detector import KINDS, Detection, detect, kinds_of

# Raised with every change of the rules, so that rows scanned by older rules are scanned again.
DETECTOR_VERSION = 1

__all__ = ["DETECTOR_VERSION", "KINDS", "Detection", "detect", "kinds_of"]
