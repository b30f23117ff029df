"""What all sources share: files, values, the ledger, landing."""
