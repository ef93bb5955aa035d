"""The error for whatever a user can get wrong."""


class InputError(ValueError):
    """A fault in what the user gave: a file, a column, a key or a value.

    The message is one line that names what is at fault, what was expected, and what to do. The command line
    prints it and exits with code 2.
    """
