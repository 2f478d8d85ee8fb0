"""Terraform, read: plan, state and configuration JSON become a topology.

bytes ─▶ document ─▶ instances + links ─▶ reading ─▶ aws/*.py fragments ─▶ topology
         (checked)   (who names whom)     (typed)    (one file per kind)
"""
