"""The grid of costs: the main figure is one of its cells, and costs never help."""

import numpy as np
import pytest

from opinions import frame, quick, random_means
from tradeproof.evaluation.grid import cost_grid, delayed
from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED
from tradeproof.evaluation.policies import align_tables, compare_policies

TEST_BARS = 250


@pytest.fixture
def settings(params):
    """A grid that holds the params' own costs."""
    plain = quick(params)
    grid = {
        "grid_commissions": [0.0, plain.costs.commission, 0.01],
        "grid_slippages": [0.0, plain.costs.slippage],
        "grid_delays": [0, 1, 3],
    }
    return plain.model_copy(update={"evaluate": plain.evaluate.model_copy(update=grid)})


@pytest.fixture
def tables(random_bars):
    return {ticker: random_bars(600, seed=seed, ticker=ticker) for seed, ticker in enumerate(["BBB", "AAA"], start=5)}


@pytest.fixture
def aligned(tables):
    return align_tables({ticker: table.iloc[-TEST_BARS:] for ticker, table in tables.items()})


def cell(cells, **costs):
    chosen = np.logical_and.reduce([cells[key] == value for key, value in costs.items()])
    assert chosen.sum() == 1
    return cells[chosen].iloc[0]


@pytest.mark.parametrize("stops", [True, False])
def test_without_delay_and_at_the_params_costs_the_cell_is_the_main_figure(tables, aligned, settings, params, stops):
    if stops:
        settings = settings.model_copy(
            update={"profit": params.profit.model_copy(update={"horizon": 1, "least_return": 0.0})}
        )
    frames = {"random": random_means(tables, 3), "other": random_means(tables, 4)}
    sessions = {ticker: table.iloc[-TEST_BARS:] for ticker, table in tables.items()}
    main = compare_policies(tables, sessions, frames, settings).pooled
    cells = cost_grid(aligned, frames, settings).cells
    costs = {"commission": settings.costs.commission, "slippage": settings.costs.slippage}
    for name in frames:
        found = cell(cells, model=name, delay=0, **costs)
        for key in ("total_return", "sharpe_ratio", "excess_return"):
            assert found[key] == pytest.approx(main[name][key], rel=1e-12), key
    assert len(cells) == 2 * 3 * 2 * 3


def test_profit_never_rises_with_commission_or_slippage(tables, aligned, settings):
    cells = cost_grid(aligned, {"random": random_means(tables, 3)}, settings).cells
    for cost, other in (("commission", "slippage"), ("slippage", "commission")):
        for _, group in cells.groupby(["delay", other]):
            assert (np.diff(group.sort_values(cost)["total_return"]) < 0.0).all()


def test_a_delay_fills_the_same_targets_on_the_tickers_own_later_bars(tables):
    tables["AAA"] = tables["AAA"].drop(index=[595])
    aligned = align_tables({ticker: table.iloc[-6:] for ticker, table in tables.items()})
    whole, gapped = aligned.tickers.index("BBB"), aligned.tickers.index("AAA")
    targets = np.full(aligned.prices.shape, np.nan)
    own = np.flatnonzero(~np.isnan(aligned.prices.close[:, gapped]))
    targets[own, gapped] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    later = delayed(targets, aligned, 2)
    assert later[own, gapped].tolist() == pytest.approx([np.nan, np.nan, 1.0, 2.0, 3.0, 4.0], nan_ok=True)
    assert np.isnan(later[:, whole]).all()
    np.testing.assert_array_equal(delayed(targets, aligned, 0), targets)
    assert np.isnan(delayed(targets, aligned, 50)).all()


def test_an_edge_of_one_bar_is_gone_when_the_fill_comes_a_bar_later(tables, aligned, settings):
    means = {}
    for ticker, table in tables.items():
        moves = np.log(table["open"].shift(-2) / table["open"].shift(-1))
        means[ticker] = moves.fillna(0.0).to_numpy()
    cells = cost_grid(aligned, {"oracle": frame(tables, means)}, settings).cells
    at_once, late = (cell(cells, delay=delay, commission=0.0, slippage=0.0) for delay in (0, 1))
    assert at_once["total_return"] > 0.3
    assert late["total_return"] < 0.1
    assert at_once["excess_return"] > 5.0 * abs(late["excess_return"])


def test_buy_and_hold_pays_the_costs_of_its_cell(tables, aligned, settings):
    """A policy that always holds ties with it in every cell, and not with that of another cell."""
    always = frame(tables, {ticker: np.full(len(table), 0.01) for ticker, table in tables.items()})
    cells = cost_grid(aligned, {"always": always}, settings).cells
    assert cells["excess_return"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert cells["total_return"].nunique() == len(cells)
    assert BUY_AND_HOLD_CAPPED not in set(cells["model"])


def test_the_worst_cell_is_named_with_its_costs(tables, aligned, settings):
    grid = cost_grid(aligned, {"random": random_means(tables, 3)}, settings)
    found = grid.metrics["random"]
    lowest = grid.cells.loc[grid.cells["total_return"].idxmin()]
    assert found["worst"] == {key: lowest[key] for key in grid.cells.columns if key != "model"}
    assert found["worst"]["commission"] == 0.01
    assert found["profitable_cells"] == (grid.cells["total_return"] > 0).mean()
