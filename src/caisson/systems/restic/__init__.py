"""restic: its commands as text, and what it says as values."""
