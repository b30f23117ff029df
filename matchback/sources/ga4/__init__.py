"""The GA4 BigQuery export."""
