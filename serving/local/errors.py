"""The error of a server that cannot do what its flags ask."""


class ServerError(Exception):
    """One line for the person who started the server: what is wrong and what to do. Exit code 2."""
