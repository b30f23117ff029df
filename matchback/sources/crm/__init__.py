"""Orders of the CRM."""
