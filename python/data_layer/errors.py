"""The two kinds of failure that a user is meant to see as one plain message, and not as a traceback."""


class BadInputError(ValueError):
    """What the user gave cannot be used: exit code 2. The message says what is wrong, where, and what to do."""


class CheckFailedError(RuntimeError):
    """The input was fine, a check was not met: exit code 1."""
