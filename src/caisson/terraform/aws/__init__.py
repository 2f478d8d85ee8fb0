"""AWS, read: one file per kind of thing; `catalogue.py` lists them."""
