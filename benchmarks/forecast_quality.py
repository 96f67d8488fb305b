"""How good the price model's distributions are, beside every yardstick, on the same bars.

Run it with `python benchmarks/forecast_quality.py --bars FILE`, where FILE holds raw bars of several tickers in a form
that `data.source: folder` takes. The settings are those of benchmarks/us30.yaml. A model is trained per seed on the
bars up to --train-end and its step is chosen on those up to --validation-end; bars after the part that is judged are
dropped before anything is computed. `--part validation` (the default) flatters our models a little, since their best
step was chosen there; `--part test` is for the end.

CRPS is twice the mean pinball loss over the quantile levels, of log returns, pooled over tickers. Intervals are block
bootstraps over dates. The last line is one JSON object; its figures are skills over historical volatility in per cent,
and `limit` is a forecast that knows the range volatility that is going to come.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from tradeproof.data.acquisition import acquire_bars
from tradeproof.data.splits import TEST, TRAIN, VALIDATION, assign_splits
from tradeproof.evaluation.baselines import forecast_frame, historical_volatility
from tradeproof.evaluation.boosted import lightgbm_quantiles
from tradeproof.evaluation.garch import garch_t
from tradeproof.evaluation.har import har
from tradeproof.evaluation.intervals import block_bootstrap, skill, sums_by_date
from tradeproof.evaluation.scores import aligned_quantiles, crps, forecast_scores, outcomes
from tradeproof.features.contract import READY, feature_contract
from tradeproof.features.indicators import bar_variance, trailing_mean
from tradeproof.features.labels import forward_returns
from tradeproof.features.table import build_table
from tradeproof.forecasting.artifact import save_forecaster
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import TrainedForecaster, train_base_forecaster
from tradeproof.market.positions import quantile_column
from tradeproof.params import AllParams, load_params
from tradeproof.tracking.lineage import package_versions

SETTINGS = Path(__file__).with_name("us30.yaml")
HISTORY, ENSEMBLE, ORACLE = "historical volatility", "ours: ensemble", "limit: knows the coming range"
# a variance of nothing has no logarithm: a hundredth of a per cent per bar, squared
LEAST_VARIANCE = 1e-8

Masks = dict[str, np.ndarray]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Universe:
    """The bars that are judged, and what is learned from."""

    params: AllParams
    tables: Mapping[str, pd.DataFrame]
    train: Masks
    wanted: Masks

    @property
    def horizons(self) -> Sequence[int]:
        """Bars ahead."""
        return self.params.train_base.horizons

    @property
    def levels(self) -> Sequence[float]:
        """Of the quantiles, ascending."""
        return self.params.train_base.quantiles


def main() -> None:
    arguments = parsed()
    universe = load_universe(arguments)
    count = sum(int(mask.sum()) for mask in universe.wanted.values())
    print(f"{len(universe.tables)} tickers, {count} bars of the {arguments.part} split")
    frames = yardsticks(universe)
    seeds = {}
    for number in range(arguments.seeds):
        seed = universe.params.seed + number
        seeds[f"ours: seed {seed}"] = our_forecasts(universe, seed, arguments.save)
    frames |= {**seeds, ENSEMBLE: ensemble(list(seeds.values()), universe.levels)}
    rows = outcomes(universe.tables, universe.wanted, universe.horizons)
    rows = rows[np.isfinite(rows["outcome"])]
    figures = {}
    for horizon in universe.horizons:
        figures[f"h{horizon}"] = judged(universe, frames, rows[rows["horizon"] == horizon], horizon, list(seeds))
    print(json.dumps(summary(figures, arguments.part)))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=Path, required=True, help="a file or a folder of raw bars")
    parser.add_argument("--train-end", type=date.fromisoformat, default=date(2015, 12, 31))
    parser.add_argument("--validation-end", type=date.fromisoformat, default=date(2017, 12, 31))
    parser.add_argument("--test-end", type=date.fromisoformat, default=date(2019, 12, 31))
    parser.add_argument("--tickers", nargs="+", help="only these; all of benchmarks/us30.yaml by default")
    parser.add_argument("--seeds", type=int, default=3, help="models that are trained")
    parser.add_argument("--save", type=Path, help="folder that each trained model is written to")
    parser.add_argument("--part", choices=[VALIDATION, TEST], default=VALIDATION, help="the split that is judged")
    return parser.parse_args()


def load_universe(arguments: argparse.Namespace) -> Universe:
    """Bars and features, up to the end of the part that is judged and no further."""
    raw = load_params(SETTINGS).model_dump(mode="json", by_alias=True)
    last = arguments.test_end if arguments.part == TEST else arguments.validation_end
    raw["data"] |= {"source": "folder", "path": arguments.bars.name, "end": str(last + timedelta(days=1))}
    raw["split"] |= {"train_end": str(arguments.train_end), "validation_end": str(arguments.validation_end)}
    if arguments.tickers:
        raw["universe"]["tickers"] = raw["train_base"]["tickers"] = arguments.tickers
    params = AllParams.model_validate(raw)
    bars = acquire_bars(params, arguments.bars.resolve().parent).bars
    bars = bars[bars["date"] <= pd.Timestamp(last)]
    tables = {
        str(ticker): build_table(own.reset_index(drop=True), params.build_features)
        for ticker, own in bars.groupby("ticker", sort=True)
    }
    parts = {ticker: assign_splits(table["date"].to_numpy(), params.split) for ticker, table in tables.items()}
    train = {name: (parts[name] == TRAIN) & table[READY].to_numpy() for name, table in tables.items()}
    wanted = {name: (parts[name] == arguments.part) & table[READY].to_numpy() for name, table in tables.items()}
    return Universe(params, tables, train, wanted)


def yardsticks(universe: Universe) -> dict[str, pd.DataFrame]:
    """Forecast frames of all that is to be beaten, and of the limit."""
    params, tables, train, wanted = universe.params, universe.tables, universe.train, universe.wanted
    horizons, levels, settings = universe.horizons, universe.levels, params.evaluate
    names = feature_contract(params.build_features).names

    def garch() -> pd.DataFrame:
        return pd.concat(
            [
                garch_t(table, wanted[name], horizons, levels, settings.garch_refit_bars)
                for name, table in tables.items()
            ]
        )

    return {
        HISTORY: timed(HISTORY, lambda: historical_volatility(tables, train, wanted, horizons, levels)),
        "GARCH(1,1)-t": timed("GARCH(1,1)-t", garch),
        "HAR of range volatility": timed(
            "HAR", lambda: har(tables, train, wanted, horizons, levels, settings.har_bars)
        ),
        "LightGBM, same features": timed(
            "LightGBM",
            lambda: lightgbm_quantiles(tables, train, wanted, names, horizons, levels, settings, params.seed),
        ),
        ORACLE: timed("limit", lambda: knowing(universe)),
    }


def knowing(universe: Universe) -> pd.DataFrame:
    """A forecast that knows the range volatility that is going to come: the limit of all that forecast widths."""
    horizons, levels = universe.horizons, universe.levels
    ahead, returns = {}, {}
    for name, table in universe.tables.items():
        prices = [table[column].to_numpy() for column in ("open", "high", "low", "close")]
        variance = bar_variance(*prices)
        ahead[name] = np.full((len(table), len(horizons)), np.nan)
        for place, horizon in enumerate(horizons):
            ahead[name][:-horizon, place] = np.sqrt(horizon * trailing_mean(variance, horizon) + LEAST_VARIANCE)[
                horizon:
            ]
        returns[name] = forward_returns(prices[3], horizons)
    frames = []
    shape = np.empty((len(horizons), len(levels)))
    for place in range(len(horizons)):
        learned = [(returns[name][rows, place] / ahead[name][rows, place]) for name, rows in universe.train.items()]
        shape[place] = np.nanquantile(np.concatenate(learned), levels)
    for name, table in universe.tables.items():
        rows = universe.wanted[name]
        frames.append(forecast_frame(table, rows, horizons, levels, ahead[name][rows][:, :, None] * shape))
    return pd.concat(frames)


def our_forecasts(universe: Universe, seed: int, save: Path | None) -> pd.DataFrame:
    """Train one model and forecast the bars that are judged."""
    params = universe.params.model_copy(update={"seed": seed})
    contract = feature_contract(params.build_features)

    def train() -> TrainedForecaster:
        return train_base_forecaster(universe.tables, contract, params, lambda _metrics, _step: None)

    trained = timed(f"training, seed {seed}", train)
    if save is not None:
        meta = {"seed": seed, "packages": package_versions(), "params": params.model_dump(mode="json", by_alias=True)}
        save_forecaster(save / f"seed-{seed}", trained, meta, contract)
    frames = []
    for name, table in universe.tables.items():
        dates = table.loc[universe.wanted[name], "date"]
        if len(dates):
            frames.append(forecast_table(trained.model, table, contract, dates.iloc[0].date(), dates.iloc[-1].date()))
    return pd.concat(frames, ignore_index=True)


def ensemble(frames: Sequence[pd.DataFrame], levels: Sequence[float]) -> pd.DataFrame:
    """The mean of each quantile over models that forecast the same rows in the same order."""
    columns = [quantile_column(level) for level in levels]
    return frames[0].assign(**{column: np.mean([frame[column] for frame in frames], axis=0) for column in columns})


def judged(
    universe: Universe, frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame, horizon: int, seeds: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Score all frames at one horizon, and print the table."""
    levels, settings = universe.levels, universe.params.evaluate
    realised = rows["outcome"].to_numpy()
    names = list(frames)
    quantiles = {name: aligned_quantiles(frames[name], rows, levels, name) for name in names}
    losses = np.column_stack([crps(quantiles[name], realised, levels) for name in names])
    by_date = sums_by_date(rows["date"].to_numpy(), losses)
    central = 100.0 * skill(by_date).reshape(len(names), -1)
    block = max(settings.bootstrap_block_bars, horizon)
    around = block_bootstrap(by_date, skill, settings, universe.params.seed, block)
    low, high = (100.0 * np.reshape(side, central.shape) for side in (around.low, around.high))
    print(f"\n{horizon} bars ahead, {len(rows)} outcomes; skills in %, {settings.confidence:.0%} intervals")
    titles = (
        f"{'CRPS e-4':>9} {'over historical volatility':>26} {'in 50':>6} {'in 90':>6} {'rank IC (t)':>16} {'sign':>6}"
    )
    print(f"  {'':<30} {titles}")
    history = names.index(HISTORY)
    for place, name in enumerate(names):
        scores = forecast_scores(quantiles[name], rows, levels)
        print(
            f"  {name:<30} {1e4 * scores.crps:>9.3f} "
            f"{central[place, history]:>+8.2f} [{low[place, history]:+6.2f}, {high[place, history]:+6.2f}] "
            f"{100 * scores.coverage_50:>6.1f} {100 * scores.coverage_90:>6.1f} "
            f"{scores.rank.cross_rank_ic or 0.0:>+8.3f} ({scores.rank.cross_rank_ic_t or 0.0:+5.1f}) "
            f"{100 * scores.directional_accuracy:>6.1f}"
        )
    spread = central[[names.index(name) for name in seeds], history]
    print(f"  ours, mean of {len(seeds)} seeds: {spread.mean():+.2f}, from {spread.min():+.2f} to {spread.max():+.2f}")
    best = names.index(ENSEMBLE)
    for place, name in enumerate(names):
        if name not in (ENSEMBLE, ORACLE, *seeds):
            below = [central[names.index(seed), place] for seed in seeds]
            print(
                f"  over {name:<25} ensemble {central[best, place]:+.2f} [{low[best, place]:+.2f}, "
                f"{high[best, place]:+.2f}], mean of the seeds {np.mean(below):+.2f}"
            )
    return {
        "skill": {name: round(float(central[place, history]), 2) for place, name in enumerate(names)},
        "over": {name: round(float(central[best, place]), 2) for place, name in enumerate(names)},
        "seeds": {"mean": round(float(spread.mean()), 2), "spread": round(float(np.ptp(spread)), 2)},
    }


def summary(figures: Mapping[str, dict[str, dict[str, float]]], part: str) -> dict[str, object]:
    """The JSON line: our ensemble, the yardsticks, our skill over each of them, and the limit."""
    first = next(iter(figures.values()))
    peers = [name for name in first["skill"] if not name.startswith(("ours", "limit"))]
    return {
        "name": "forecast_quality",
        "unit": f"% CRPS skill over historical volatility, {part}",
        "ours": {key: found["skill"][ENSEMBLE] for key, found in figures.items()},
        "ours_single": {key: found["seeds"] for key, found in figures.items()},
        "peers": {name: {key: found["skill"][name] for key, found in figures.items()} for name in peers},
        "ratios": {name: {key: found["over"][name] for key, found in figures.items()} for name in peers},
        "limit": {ORACLE: {key: found["skill"][ORACLE] for key, found in figures.items()}},
    }


def timed(name: str, work: Callable[[], Result]) -> Result:
    started = time.perf_counter()
    result = work()
    print(f"  {name}: {time.perf_counter() - started:.0f} s", flush=True)
    return result


if __name__ == "__main__":
    main()
