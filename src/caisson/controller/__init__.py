"""The running controller: observes the estate, decides by policy, performs, and tells.

This is the composition root: the one place where concrete things meet.
"""
