"""Reachability on a network, by sets of addresses and ports: see `caisson.prove.network.reach`."""
