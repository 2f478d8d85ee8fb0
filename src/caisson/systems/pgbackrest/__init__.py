"""pgBackRest: its files and commands, what it says, and what it does not say. Runs nothing."""
