"""What comes in: one folder a source, the readers they share in kit."""
