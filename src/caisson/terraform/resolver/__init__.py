"""Says what attributes name: by what is known already, and by what refers to what.

index (ids, ARNs, names) ──┐
references ─▶ scopes ─▶ follow ─▶ links
"""
