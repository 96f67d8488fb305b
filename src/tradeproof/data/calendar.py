"""The exchange's calendar: which days are sessions."""

from datetime import date
from functools import lru_cache

import pandas as pd

from tradeproof.errors import DataError


@lru_cache(maxsize=32)
def sessions(code: str, start: date, end: date) -> pd.DatetimeIndex:
    """Sessions from start to end, both included.

    Args:
        code: exchange_calendars code, such as XNYS.
        start: First day asked for.
        end: Last day asked for; may lie in the future, as far as the calendar is known.

    Returns:
        Days without time zone, datetime64[us], in order. Cached: do not change it.

    Raises:
        DataError: The code is unknown, or the calendar does not reach that far.
    """
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName, NoSessionsError

    try:
        calendar = exchange_calendars.get_calendar(code, start=pd.Timestamp(start), end=pd.Timestamp(end))
    except InvalidCalendarName as e:
        raise DataError(
            f"universe.calendar is {code!r}, expected an exchange_calendars code such as XNYS, XLON, XFRA, XTKS or 24/7"
        ) from e
    except NoSessionsError:
        return pd.DatetimeIndex([], dtype="datetime64[us]")
    except ValueError as e:
        raise DataError(
            f"calendar {code} (universe.calendar) cannot be made for {start} to {end}: {' '.join(str(e).split())}"
        ) from e
    return pd.DatetimeIndex(calendar.sessions.to_numpy()).as_unit("us")
