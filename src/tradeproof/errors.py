"""The faults a user can cause or mend; the command line prints each as one line and exits with code 2."""


class TradeproofError(Exception):
    """A fault with a way out; the message names key or file, value found, what was expected, and what to do."""


class ParamsError(TradeproofError):
    """A params file that does not hold what the schema asks for."""


class DataError(TradeproofError):
    """Bars that are missing, unreadable, or fail the quality gate."""


class ContractError(TradeproofError):
    """Features, a model and a table that were not made for each other."""


class LookaheadError(TradeproofError):
    """A computation that changed when only the future changed."""


class StorageError(TradeproofError):
    """A disk or a file that does not take what has to be written."""


class TrackingError(TradeproofError):
    """A tracking store or a registry that cannot be used."""
