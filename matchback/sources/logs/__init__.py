"""Delivery logs of the server side."""
