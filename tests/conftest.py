"""What holds for every ring of tests."""

from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("caisson", deadline=None)
settings.load_profile("caisson")
