"""When jobs run, and who notices that none did."""
