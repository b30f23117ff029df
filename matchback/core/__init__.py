"""What every room may use: errors, time, settings, places, small texts."""
