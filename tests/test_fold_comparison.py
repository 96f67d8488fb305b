"""A walk-forward compared: each fold on its own test period, with a yardstick that knows only its own past."""

import numpy as np
import pandas as pd
import pytest

from opinions import LEVELS, quick, random_means
from tradeproof.data.splits import TRAIN, assign_splits
from tradeproof.errors import ContractError, DataError
from tradeproof.evaluation.baselines import historical_volatility
from tradeproof.evaluation.policies import compare_policies
from tradeproof.evaluation.scores import aligned_quantiles, crps, outcomes
from tradeproof.evaluation.walk_forward import compare_folds
from tradeproof.features.table import build_table
from tradeproof.forecasting.folds import plan_folds

FOLDS, TEST_BARS, VALIDATION_BARS = 2, 120, 60


@pytest.fixture
def settings(params):
    plain = quick(params)
    walk = {"folds": FOLDS, "test_bars": TEST_BARS, "validation_bars": VALIDATION_BARS, "expanding": True}
    return plain.model_copy(
        update={
            "walk_forward": plain.walk_forward.model_copy(update=walk),
            "train_base": plain.train_base.model_copy(update={"tickers": ["AAA"], "horizons": [1, 5]}),
        }
    )


@pytest.fixture
def tables(random_bars, params):
    names = enumerate(["AAA", "BBB"], start=5)
    return {name: build_table(random_bars(1000, seed=seed, ticker=name), params.build_features) for seed, name in names}


@pytest.fixture
def folds(tables, settings):
    return plan_folds(tables["AAA"]["date"].to_numpy(), settings.split, settings.walk_forward)


def forecasts(tables, folds, seed=1):
    """One model that has no idea, another one per fold, at both horizons."""
    frames = []
    for fold in folds:
        one = random_means(tables, seed + fold.number)
        frames += [one.assign(horizon=horizon, fold=fold.number, model="base") for horizon in (1, 5)]
    return pd.concat(frames, ignore_index=True)


def test_a_fold_is_scored_and_traded_on_its_own_test_period_alone(tables, folds, settings):
    given = forecasts(tables, folds)
    found = compare_folds(tables, given, folds, settings)
    assert set(found.metrics) == {"1", "2", "pooled"}
    for fold in folds:
        mine = given[given["fold"] == fold.number].drop(columns=["fold", "model"])
        inside = {name: fold.is_test(table["date"].to_numpy()) for name, table in tables.items()}
        rows = outcomes(tables, inside, [1, 5]).dropna()
        close = aligned_quantiles(mine, rows, LEVELS, "base")
        loss = crps(close, rows["outcome"].to_numpy(), LEVELS)
        part = found.metrics[str(fold.number)]
        for horizon in (1, 5):
            mean = loss[(rows["horizon"] == horizon).to_numpy()].mean()
            assert part["forecast"]["base"][f"h{horizon}"]["crps"] == pytest.approx(mean)
        sessions = {name: table[inside[name]] for name, table in tables.items()}
        until = {name: table[table["date"] <= pd.Timestamp(fold.test_end)] for name, table in tables.items()}
        alone = compare_policies(until, sessions, {"base": mine}, settings).pooled
        for name in ("base", "buy_and_hold", "buy_and_hold_capped"):
            assert part["profit"][name]["total_return"] == alone[name]["total_return"]


def test_pooled_the_accounts_trade_through_and_every_outcome_counts_once(tables, folds, settings):
    found = compare_folds(tables, forecasts(tables, folds), folds, settings).metrics
    bars = [found[part]["forecast"]["base"]["h1"]["bars"] for part in ("1", "2", "pooled")]
    assert bars == [240, 238, 478]  # two tickers of 120 bars each; the last of all has no outcome yet
    gains = [found[part]["profit"]["buy_and_hold"]["total_return"] for part in ("1", "2", "pooled")]
    assert gains[2] != pytest.approx((1 + gains[0]) * (1 + gains[1]) - 1)  # it is bought once, not twice
    assert found["pooled"]["profit"]["base"]["total_trades"] > 50
    first = min(fold.validation_end for fold in folds)
    sessions = {name: table[table["date"] > pd.Timestamp(first)] for name, table in tables.items()}
    held = compare_policies(tables, sessions, {"base": random_means(tables, 1)}, settings).pooled
    assert gains[2] == held["buy_and_hold"]["total_return"]


def test_historical_volatility_of_a_fold_is_fitted_on_its_train_bars(tables, folds, settings):
    found = compare_folds(tables, forecasts(tables, folds), folds, settings)
    for fold in folds:
        dates = tables["AAA"]["date"].to_numpy()
        learned = assign_splits(dates, fold.split(settings.split.purged_size)) == TRAIN
        train = {"AAA": learned & tables["AAA"]["ready"].to_numpy()}
        inside = {name: fold.is_test(table["date"].to_numpy()) for name, table in tables.items()}
        history = historical_volatility(tables, train, inside, [1], LEVELS)
        rows = outcomes(tables, inside, [1]).dropna()
        loss = crps(aligned_quantiles(history, rows, LEVELS, ""), rows["outcome"].to_numpy(), LEVELS).mean()
        figures = found.metrics[str(fold.number)]["forecast"]
        assert figures["historical_volatility"]["h1"]["crps"] == pytest.approx(loss)
        assert figures["base"]["h1"]["skill"] == pytest.approx(1 - figures["base"]["h1"]["crps"] / loss)


def test_a_training_that_does_not_expand_forgets_the_bars_before_it(settings, random_bars, params):
    tables = {"AAA": build_table(random_bars(1600, seed=5), params.build_features)}
    settings = settings.model_copy(
        update={"walk_forward": settings.walk_forward.model_copy(update={"test_bars": 400})}  # beyond the warm-up
    )
    walk = settings.walk_forward.model_copy(update={"expanding": False})
    dates = tables["AAA"]["date"].to_numpy()
    rolling = plan_folds(dates, settings.split, walk)
    growing = plan_folds(dates, settings.split, settings.walk_forward)
    given = forecasts(tables, rolling)
    losses = [
        [
            compare_folds(tables, given, folds, settings).metrics[part]["forecast"]["historical_volatility"]["h1"][
                "crps"
            ]
            for part in ("1", "2")
        ]
        for folds in (rolling, growing)
    ]
    assert losses[0][0] == losses[1][0]
    assert losses[0][1] != losses[1][1]


def test_later_bars_change_nothing_of_an_earlier_fold(tables, folds, settings):
    given = forecasts(tables, folds)
    # outcomes of the first fold's last bars reach five bars into the second
    after = tables["AAA"].index[tables["AAA"]["date"] > pd.Timestamp(folds[0].test_end)][5:]
    changed = {}
    for name, table in tables.items():
        other = table.copy()
        other.loc[after, ["open", "high", "low", "close", "volatility"]] *= 3.0
        changed[name] = other
    ours, theirs = (compare_folds(each, given, folds, settings).metrics for each in (tables, changed))
    assert ours["1"] == theirs["1"]
    assert ours["2"] != theirs["2"]


def test_a_late_ticker_is_compared_in_the_folds_it_is_there_for(tables, folds, settings, random_bars, params):
    late = build_table(random_bars(330, seed=9, ticker="NEW", start="2012-07-26"), params.build_features)
    late = late[late["date"] <= tables["AAA"]["date"].iloc[-1]].reset_index(drop=True)
    first_ready = late.loc[late["ready"], "date"].iloc[0]
    assert pd.Timestamp(folds[0].test_end) < first_ready
    with_late = {**tables, "NEW": late}
    found = compare_folds(with_late, forecasts(with_late, folds), folds, settings).metrics
    assert found["1"]["forecast"]["base"]["h1"]["bars"] == 240
    assert found["2"]["forecast"]["base"]["h1"]["bars"] > 238


def test_json_holds_the_numbers_and_the_periods(tables, folds, settings):
    found = compare_folds(tables, forecasts(tables, folds), folds, settings).to_dict()
    first, second = found["periods"]["1"], found["periods"]["2"]
    assert first["test_end"] < second["test_start"]
    assert first["validation_end"] < first["test_start"]
    assert second["test_end"] == str(tables["AAA"]["date"].iloc[-1].date())
    assert np.isfinite(found["walk_forward"]["pooled"]["profit"]["base"]["excess_return_low"])


def test_what_is_missing_from_a_walk_forward_is_named(tables, folds, settings):
    given = forecasts(tables, folds)
    with pytest.raises(ContractError, match=r"expected walk_forward\.folds above 0"):
        compare_folds(tables, given, (), settings)
    with pytest.raises(ContractError, match="forecasts of base have no finite quantiles"):
        compare_folds(tables, given[given["fold"] == 1], folds, settings)
    early = {name: table.iloc[:700] for name, table in tables.items()}
    with pytest.raises(DataError, match=r"no ticker has a ready bar between .* the test period of fold 1"):
        compare_folds(early, given, folds, settings)
