"""Redis: its configuration file and the few commands that the controller speaks to it."""
