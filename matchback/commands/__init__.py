"""One module per console command; each parses, calls a flow and prints."""
