"""Performs plans durably on real servers. It makes no choices: the plan has made them."""
