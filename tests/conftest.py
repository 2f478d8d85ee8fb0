"""What holds for every ring of tests."""

from hypothesis import settings

# How long an example takes says more about the machine than about the code. The same examples for
# the same code and tests, so that a red run speaks of the change; Hypothesis also draws constants
# of the modules that are loaded, and a change may bring others. `make soak` looks for new ones.
settings.register_profile("caisson", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None)
settings.load_profile("caisson")
