"""Say what you promise. Caisson builds it, proves it, and breaks it on purpose."""
