"""How a command ends: a fault of the user's is one line and exit code 2, an interruption 130."""

import errno
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tradeproof.errors import StorageError, TradeproofError
from tradeproof.runtime.files import FULL_DISK

FAULT, INTERRUPTED = 2, 130


@contextmanager
def exit_codes() -> Iterator[None]:
    """Run a command; what it raises becomes a line on standard error and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    # a vendor that does not answer is told of in one line of this project's own
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except TradeproofError as e:
        _fail(e)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what was finished before is kept\n")
        sys.exit(INTERRUPTED)
    except OSError as e:
        if e.errno not in (*FULL_DISK, errno.EROFS):
            raise
        _fail(StorageError(f"{e.filename or 'a file'} cannot be written: {e.strerror}; free some room and run again"))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(error: TradeproofError) -> None:
    sys.stderr.write(f"error: {error}\n")
    sys.exit(FAULT)
