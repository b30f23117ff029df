"""Meta's Dataset Quality API."""
