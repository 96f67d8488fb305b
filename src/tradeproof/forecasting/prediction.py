"""Forecasts of a trained model for the bars of a feature table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tradeproof.errors import ContractError, DataError
from tradeproof.features.contract import READY, FeatureContract
from tradeproof.forecasting.dataset import Flags, Floats, spreads
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.market.positions import quantile_column

# bars forecast at once; each batch of them repeats the model's context in front, so memory stays bounded
CHUNK_BARS = 2048
# series x bars in one pass: a pass of a few bars costs little more than one of none
PASS_BARS = 8192


@dataclass(frozen=True)
class _Request:
    """Bars of one ticker to forecast, behind those that are their context.

    Attributes:
        rows: Of the feature table, the context first.
        ready: Bars whose features are known, [bar].
        wanted: Bars whose forecasts were asked for, [bar].
    """

    rows: pd.DataFrame
    ready: Flags
    wanted: Flags


def forecast_table(
    model: PriceForecaster,
    table: pd.DataFrame,
    contract: FeatureContract,
    start: date | None = None,
    end: date | None = None,
) -> pd.DataFrame:
    """Forecast every ready bar of one ticker; see `forecast_tables`, of which this is the case of one table."""
    return forecast_tables(model, {"": table}, contract, start, end)


def forecast_tables(
    model: PriceForecaster,
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    start: date | None = None,
    end: date | None = None,
) -> pd.DataFrame:
    """Forecast every ready bar of many tickers, those with equally many bars together.

    Args:
        model: Switched to eval mode for the forecast, and back.
        tables: Feature tables by ticker, one ticker each.
        contract: What the columns of the tables mean; must be the one the model was trained with.
        start: First date to forecast; earlier bars are still the context.
        end: Last date to forecast; later bars are not looked at.

    Returns:
        Forecast frame: ticker, date (last bar known), horizon (bars), then one column per quantile level with the log
        return from the close of that bar to the close `horizon` bars later; in the order of the tables, and of each
        ticker sorted by date and horizon.

    Raises:
        ContractError: A table or the contract is not the one the model was trained with.
        DataError: No table.
    """
    check_contract(model, contract)
    if not tables:
        raise DataError("there is no feature table to forecast, expected at least one ticker")
    for table in tables.values():
        contract.check(table)
    horizons, levels = model.config.horizons, model.config.quantiles
    requests = [_request(table, model.config.context_bars, start, end) for table in tables.values()]
    names = list(contract.names)
    series = [(request.rows[names].to_numpy(dtype=np.float32), request.ready) for request in requests]
    frames = []
    for request, units in zip(requests, forecast_many(model, series), strict=True):
        returns = units * spreads(request.rows, horizons)[:, :, None]  # [bar, horizon, level]
        frames.append(_frame(request.rows[request.wanted], returns[request.wanted], horizons, levels))
    return pd.concat(frames, ignore_index=True)


def forecast_quantiles(
    model: PriceForecaster, features: Floats, ready: Flags, chunk_bars: int = CHUNK_BARS
) -> NDArray[np.float64]:
    """Quantiles of one series; see `forecast_many`.

    Args:
        model: Switched to eval mode for the forecast, and back.
        features: One series in order of time, [bar, feature].
        ready: Bars whose features are known, [bar].
        chunk_bars: Bars per pass; the result does not depend on it beyond rounding.

    Returns:
        [bar, horizon, level]; meaningless where a bar is not ready.
    """
    return forecast_many(model, [(features, ready)], chunk_bars)[0]


def forecast_many(
    model: PriceForecaster, series: Sequence[tuple[Floats, Flags]], chunk_bars: int = CHUNK_BARS
) -> list[NDArray[np.float64]]:
    """Quantiles of many series in units of each bar's volatility x sqrt(horizon).

    Pieces of series with equally many bars and equally much context share a pass: nothing is padded.

    Args:
        model: Switched to eval mode for the forecast, and back.
        series: Features [bar, feature] and which bars are ready [bar], each in order of time; any lengths.
        chunk_bars: Bars of a series per pass; the result does not depend on it beyond rounding.

    Returns:
        [bar, horizon, level] for each series; meaningless where a bar is not ready.
    """
    shape = (len(model.config.horizons), len(model.config.quantiles))
    found = [np.empty((len(ready), *shape)) for _, ready in series]
    alike: dict[tuple[int, int], list[tuple[int, int]]] = {}  # series and first bar, by context and length of a piece
    for place, (_, ready) in enumerate(series):
        for begin in range(0, len(ready), chunk_bars):
            key = (min(begin, model.config.context_bars), min(chunk_bars, len(ready) - begin))
            alike.setdefault(key, []).append((place, begin))
    training = model.training
    model.eval()
    with torch.inference_mode():
        for (context, bars), pieces in alike.items():
            together = max(1, PASS_BARS // (context + bars))
            for first in range(0, len(pieces), together):
                batch = pieces[first : first + together]
                chunks = [(series[place], slice(begin - context, begin + bars)) for place, begin in batch]
                quantiles = model(
                    features=torch.from_numpy(np.stack([one[0][chunk] for one, chunk in chunks])).to(model.device),
                    ready=torch.from_numpy(np.stack([one[1][chunk] for one, chunk in chunks])).to(model.device),
                ).quantiles[:, context:]  # [piece, bar, horizon, level]
                for (place, begin), values in zip(batch, quantiles.double().cpu().numpy(), strict=True):
                    found[place][begin : begin + bars] = values
    model.train(training)
    return found


def check_contract(model: PriceForecaster, contract: FeatureContract) -> None:
    """Refuse a feature contract that is not the one the model was trained with.

    Raises:
        ContractError: Their hashes differ.
    """
    if model.config.contract_hash != contract.hash:
        raise ContractError(
            f"model was trained with the feature contract {model.config.contract_hash[:12]}, but the features at hand "
            f"follow {contract.hash[:12]}; run `dvc repro` so that both come from the same params build_features"
        )


def _request(table: pd.DataFrame, context_bars: int, start: date | None, end: date | None) -> _Request:
    dates = table["date"].to_numpy()
    first = 0 if start is None else int(np.searchsorted(dates, pd.Timestamp(start).to_datetime64()))
    beyond = len(dates) if end is None else int(np.searchsorted(dates, pd.Timestamp(end).to_datetime64(), side="right"))
    rows = table.iloc[max(0, first - context_bars) : max(first, beyond)]
    ready = rows[READY].to_numpy(dtype=np.bool_)
    return _Request(rows, ready, ready & (np.arange(len(rows)) >= len(rows) - (max(first, beyond) - first)))


def _frame(
    rows: pd.DataFrame, returns: NDArray[np.float64], horizons: Sequence[int], levels: Sequence[float]
) -> pd.DataFrame:
    count = len(horizons)
    columns: dict[str, object] = {
        "ticker": np.repeat(rows["ticker"].to_numpy(), count),
        "date": np.repeat(rows["date"].to_numpy(), count),
        "horizon": np.tile(np.asarray(horizons, dtype=np.int64), len(rows)),
    }
    flat = returns.reshape(-1, len(levels))
    columns.update({quantile_column(level): flat[:, place] for place, level in enumerate(levels)})
    return pd.DataFrame(columns).astype({"ticker": "str"}).sort_values(["date", "horizon"], ignore_index=True)
