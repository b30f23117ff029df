"""Daily reconciliation and data-quality suite for server-side tracking."""
