"""HAProxy: one proxy in each site, and one edge for each environment in front of them."""
