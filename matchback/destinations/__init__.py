"""Destinations are data: one definition each, from which seeds and macros are generated."""
