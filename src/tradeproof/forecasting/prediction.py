"""Forecasts of a trained model for the bars of a feature table."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tradeproof.errors import ContractError
from tradeproof.features.contract import READY, FeatureContract
from tradeproof.forecasting.dataset import Flags, Floats, spreads
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.market.positions import quantile_column

# bars forecast at once; each batch of them repeats the model's context in front, so memory stays bounded
CHUNK_BARS = 2048


def forecast_table(
    model: PriceForecaster,
    table: pd.DataFrame,
    contract: FeatureContract,
    start: date | None = None,
    end: date | None = None,
) -> pd.DataFrame:
    """Forecast every ready bar of one ticker.

    Args:
        model: Switched to eval mode for the forecast, and back.
        table: Feature table of one ticker.
        contract: What the columns of the table mean; must be the one the model was trained with.
        start: First date to forecast; earlier bars are still the context.
        end: Last date to forecast; later bars are not looked at.

    Returns:
        Forecast frame: ticker, date (last bar known), horizon (bars), then one column per quantile level with the log
        return from the close of that bar to the close `horizon` bars later; sorted by date and horizon.

    Raises:
        ContractError: The table or the contract is not the one the model was trained with.
    """
    check_contract(model, contract)
    contract.check(table)
    dates = table["date"].to_numpy()
    first = 0 if start is None else int(np.searchsorted(dates, pd.Timestamp(start).to_datetime64()))
    beyond = len(dates) if end is None else int(np.searchsorted(dates, pd.Timestamp(end).to_datetime64(), side="right"))
    rows = table.iloc[max(0, first - model.config.context_bars) : max(first, beyond)]
    ready = rows[READY].to_numpy(dtype=np.bool_)
    units = forecast_quantiles(model, rows[list(contract.names)].to_numpy(dtype=np.float32), ready)
    returns = units * spreads(rows, model.config.horizons)[:, :, None]  # [bar, horizon, level]
    wanted = ready & (np.arange(len(rows)) >= len(rows) - (max(first, beyond) - first))
    return _frame(rows[wanted], returns[wanted], model.config.horizons, model.config.quantiles)


def forecast_quantiles(
    model: PriceForecaster, features: Floats, ready: Flags, chunk_bars: int = CHUNK_BARS
) -> NDArray[np.float64]:
    """Quantiles of one series in units of each bar's volatility x sqrt(horizon).

    Args:
        model: Switched to eval mode for the forecast, and back.
        features: One series in order of time, [bar, feature].
        ready: Bars whose features are known, [bar].
        chunk_bars: Bars per pass; the result does not depend on it beyond rounding.

    Returns:
        [bar, horizon, level]; meaningless where a bar is not ready.
    """
    training, device = model.training, model.device
    model.eval()
    found = [np.empty((0, len(model.config.horizons), len(model.config.quantiles)))]
    with torch.inference_mode():
        for begin in range(0, len(ready), chunk_bars):
            context = min(begin, model.config.context_bars)
            chunk = slice(begin - context, begin + chunk_bars)
            quantiles = model(
                features=torch.tensor(features[chunk], device=device).unsqueeze(0),
                ready=torch.tensor(ready[chunk], device=device).unsqueeze(0),
            ).quantiles
            found.append(quantiles[0, context:].double().cpu().numpy())
    model.train(training)
    return np.concatenate(found)


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
