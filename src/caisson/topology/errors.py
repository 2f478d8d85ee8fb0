"""What can go wrong when an estate is resolved."""


class AddressesExhaustedError(ValueError):
    """The estate does not fit into the local network 127.0.0.0/8 from its block on."""
