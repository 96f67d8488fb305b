"""Training of a policy: what it may look at, what it keeps, and that a seed fixes every weight."""

import numpy as np
import pytest
import torch

from toy_market import SPLIT, silent, toy_contract
from toy_trading import wild_table
from tradeproof.agents.training import TrainingMarket, split_bars, train_policies, train_policy, training_moments
from tradeproof.agents.validation import SplitTrial
from tradeproof.agents.vector_env import BatchedVecEnv
from tradeproof.data.splits import TRAIN, VALIDATION
from tradeproof.envs.observation import Observations, observation_contract
from tradeproof.envs.series import market_series
from tradeproof.errors import ContractError, DataError
from tradeproof.market.account import PriceArrays, simulate
from tradeproof.market.rules import TradingRules

TOLD = {
    "train/reward",
    "train/equity",
    "train/approx_kl",
    "train/entropy",
    "train/explained_variance",
    "train/value_loss",
    "train/policy_loss",
    "train/steps_per_second",
}
VALIDATED = {"validation/log_growth", "validation/sharpe_ratio", "validation/max_drawdown"}


@pytest.fixture(scope="module")
def tiny(params):
    settings = {
        "seeds": 2,
        "total_timesteps": 4 * 16 * 8,
        "num_envs": 16,
        "n_steps": 8,
        "batch_size": 64,
        "n_epochs": 2,
        "episode_bars": 30,
        "net_arch": [8],
        "validate_every": 2,
    }
    return params.model_copy(
        update={"split": SPLIT, "train_ppo": params.train_ppo.model_copy(update=settings), "seed": 3}
    )


@pytest.fixture(scope="module")
def tables():
    return {"AAA": wild_table("AAA", 1300, 1, volatility=0.01), "BBB": wild_table("BBB", 1250, 2, volatility=0.02)}


def weights(trained):
    return trained.policy.network.state_dict()


def test_the_same_seed_gives_the_same_weights_bit_for_bit(params, tiny, tables):
    first, second = (train_policy(tables, toy_contract(params), tiny, 5, silent) for _ in range(2))
    other = train_policy(tables, toy_contract(params), tiny, 6, silent)
    assert all(torch.equal(weights(first)[name], weights(second)[name]) for name in weights(first))
    assert first.metrics == second.metrics
    assert not all(torch.equal(weights(first)[name], weights(other)[name]) for name in weights(first))


def test_every_update_is_told_and_every_second_one_validated(params, tiny, tables, capfd):
    told = []
    trained = train_policy(tables, toy_contract(params), tiny, 5, lambda metrics, step: told.append((step, metrics)))
    assert [step for step, _ in told] == [128, 256, 384, 512]
    assert [set(metrics) for _, metrics in told] == [TOLD, TOLD | VALIDATED] * 2
    assert all(np.isfinite([metrics[name] for name in TOLD]).all() for _, metrics in told)
    # a uniform choice of three has entropy log 3; a fresh policy is near it
    assert told[0][1]["train/entropy"] == pytest.approx(np.log(3), abs=0.05)
    assert trained.curve["step"].tolist() == [256, 512]
    captured = capfd.readouterr()
    assert captured.out == ""
    assert [line.split(" ")[0] for line in captured.err.splitlines()] == ["train_ppo"]


def test_the_weights_of_the_best_validation_are_kept(params, tiny, tables):
    settings = tiny.model_copy(update={"train_ppo": tiny.train_ppo.model_copy(update={"validate_every": 1})})
    trained = train_policy(tables, toy_contract(params), settings, 5, silent)
    growth = trained.curve["validation/log_growth"]
    assert len(growth) == 4
    assert trained.best_step == trained.curve["step"][growth.idxmax()]
    assert trained.metrics["validation/log_growth"] == growth.max()
    again = TrainingMarket.of(tables, toy_contract(params), settings).trial.run(trained.policy)
    assert again.log_growth == growth.max()


def test_further_seeds_are_trained_and_validation_chooses(params, tiny, tables):
    told = {3: [], 4: []}
    logs = {seed: lambda metrics, step, seed=seed: told[seed].append(step) for seed in told}
    found = train_policies(tables, toy_contract(params), tiny, logs)
    assert [policy.seed for policy in found.policies] == [3, 4]
    assert told == {3: [128, 256, 384, 512], 4: [128, 256, 384, 512]}
    growths = [policy.metrics["validation/log_growth"] for policy in found.policies]
    assert found.chosen == int(np.argmax(growths))
    alone = train_policy(tables, toy_contract(params), tiny, 4, silent)
    assert all(torch.equal(weights(alone)[name], weights(found.policies[1])[name]) for name in weights(alone))


def test_training_is_blind_to_the_test_split_and_the_normaliser_to_everything_but_train(params, tiny, tables):
    """Bars after validation x 3, features after train x 7: nothing, or the moments, stay as they were."""
    contract = toy_contract(params)
    first = train_policy(tables, contract, tiny, 5, silent)
    changed = {ticker: table.copy() for ticker, table in tables.items()}
    for table in changed.values():
        late = table["date"] > np.datetime64(SPLIT.validation_end)
        assert late.sum() > 50
        table.loc[late, ["open", "high", "low", "close"]] *= 3.0
        table.loc[late, ["signal", "noise"]] = 9.0
    second = train_policy(changed, contract, tiny, 5, silent)
    assert all(torch.equal(weights(first)[name], weights(second)[name]) for name in weights(first))
    for table in changed.values():
        table.loc[table["date"] > np.datetime64(SPLIT.train_end), ["signal", "noise"]] *= 7.0
    third = train_policy(changed, contract, tiny, 5, silent)
    for name in ("features_extractor.mean", "features_extractor.scale"):
        assert torch.equal(weights(first)[name], weights(third)[name])


def test_episodes_stay_on_bars_of_the_training_split(params, tiny, tables, monkeypatch):
    seen = set()
    original = BatchedVecEnv.step_wait

    def watched(env):
        seen.update(env.market.accounts.bar.tolist(), env.market.accounts.end.tolist())
        return original(env)

    monkeypatch.setattr(BatchedVecEnv, "step_wait", watched)
    train_policy(tables, toy_contract(params), tiny, 5, silent)
    series = market_series(tables, toy_contract(params))
    train = split_bars(series, SPLIT, TRAIN)
    assert len(seen) > 300
    assert train[list(seen)].all()


def test_moments_are_those_of_ready_training_rows(params, tables):
    series = market_series(tables, toy_contract(params))
    rows = []
    for table in tables.values():
        inside = table[table["ready"]].reset_index(drop=True)
        train = (inside["date"] <= np.datetime64(SPLIT.train_end)).to_numpy()
        rows.append(inside[train].iloc[: -SPLIT.purged_size])
    expected = np.concatenate([part[["signal", "noise"]].to_numpy() for part in rows])
    found = training_moments(series, split_bars(series, SPLIT, TRAIN))
    assert found.mean == pytest.approx([*expected.mean(axis=0), 0, 0, 0, 0], abs=1e-6)
    assert found.scale == pytest.approx([*expected.std(axis=0), 1, 1, 1, 1], abs=1e-6)
    with pytest.raises(DataError, match="training split has no bar"):
        training_moments(series, np.zeros(len(series.ready), np.bool_))


def test_the_trial_of_a_split_is_a_simulation_of_the_same_decisions(params, tiny, tables):
    contract = toy_contract(params)
    trained = train_policy(tables, contract, tiny, 5, silent)
    rules = TradingRules.from_params(tiny.costs, tiny.profit)
    equity = []
    for ticker, table in tables.items():
        series = market_series({ticker: table}, contract)
        inside = split_bars(series, SPLIT, VALIDATION)
        outcome = SplitTrial(series, inside, observation_contract(contract), rules).run(trained.policy)
        equity.append(outcome.equity)
        # decisions of the split, replayed by the simulator
        market = decisions_of(series, contract, rules, trained.policy, np.flatnonzero(inside & series.ready))
        assert outcome.equity == pytest.approx(market, rel=1e-12)
    whole = market_series(tables, contract)
    pool = SplitTrial(whole, split_bars(whole, SPLIT, VALIDATION), observation_contract(contract), rules)
    found = pool.run(trained.policy)
    assert found.equity[[0, -1]] == pytest.approx(np.sum([mine[[0, -1]] for mine in equity], axis=0))
    assert found.log_growth == pytest.approx(np.log(found.equity[-1] / 20_000))


def decisions_of(series, contract, rules, policy, bars):
    from tradeproof.envs.batch import BatchedMarket

    market = BatchedMarket(series, observation_contract(contract), rules, 1, 0.0)
    market.restart([0], bars[:1], bars[-1:])
    targets = np.full((len(series.ready), 1), np.nan)
    while not market.truncated[0]:
        (action,) = policy.actions(Observations(market.observe(), market.contract.hash))
        shares = market.accounts.shares[0]
        if action == 2 and shares == 0:
            targets[market.accounts.bar[0]] = rules.max_position_size
        if action == 0 and shares > 0:
            targets[market.accounts.bar[0]] = 0.0
        market.step(np.array([action]))
    prices = PriceArrays(*(series.prices[:, [place]] for place in range(4)))
    return simulate(prices, targets, rules).equity[bars[0] : bars[-1] + 1, 0]


def test_tables_and_splits_that_cannot_be_trained_on_are_refused(params, tiny, tables):
    contract = toy_contract(params)
    with pytest.raises(ContractError, match="AAA: feature table has"):
        train_policy({"AAA": tables["AAA"].drop(columns="noise")}, contract, tiny, 5, silent)
    with pytest.raises(DataError, match="expected more bars"):
        train_policy({"AAA": tables["AAA"][:300]}, contract, tiny, 5, silent)
