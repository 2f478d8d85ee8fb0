"""The way back: from Terraform that was read to the estate that it makes real.

    reading + topology ─▶ things ─▶ ways, rights ─▶ flows, credentials ─▶ copies

Names come from tags. All else is told by what is really there, so that it shows where that is
something else than the estate says.
"""
