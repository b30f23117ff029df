"""Accepted and known-wrong hashes of a customer's contact fields."""
