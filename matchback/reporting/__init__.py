"""What people look at: the report, the audit, the passport of one event."""
