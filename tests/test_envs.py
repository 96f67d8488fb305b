"""The batched market is the simulator: the same orders give the same equity, and observations say what is held."""

import math
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from toy_market import toy_contract
from toy_trading import market_of, rules_of, wild_table
from tradeproof.envs import batch, kernels
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.episodes import episodes
from tradeproof.envs.kernels import LEAST_EQUITY
from tradeproof.envs.observation import ACTIONS, BUY, HOLD, SELL, observation_contract
from tradeproof.envs.series import market_series
from tradeproof.envs.trading_env import TradingEnv
from tradeproof.errors import ContractError, DataError
from tradeproof.market.account import PriceArrays, simulate

STALE = (40, 41, 42, 90)
STYLES = {
    "stops": {},
    "long and short": {"long_short": True},
    "no stops": {"stop_loss": None, "take_profit": None},
    "short without stops": {"long_short": True, "stop_loss": None, "take_profit": None, "max_position_size": 1.0},
    "tight": {"long_short": True, "stop_loss": 0.005, "take_profit": 0.005, "max_position_size": 1.0},
}


def walk(market, actions):
    """Equity, bars and rewards of one account after each decision, and the orders that follow from its positions."""
    series, rules = market.series, market.rules
    targets = np.full((len(series.ready), 1), np.nan)
    marks, rewards = {}, []
    for action in actions:
        shares, bar = market.accounts.shares[0], market.accounts.bar[0]
        lowest = -rules.max_position_size if rules.long_short else 0.0
        if action == BUY and shares <= 0:
            targets[bar] = rules.max_position_size
        if action == SELL and (shares > 0 or (shares == 0 and lowest < 0)):
            targets[bar] = lowest
        (reward,), terminated, truncated = market.step(np.array([action]))
        marks[int(market.accounts.bar[0])] = float(market.accounts.equity[0])
        rewards.append(reward)
        if terminated[0] or truncated[0]:
            break
    return targets, marks, rewards


def replay(market, targets):
    prices = PriceArrays(*(market.series.prices[:, [place]] for place in range(4)))
    return simulate(prices, targets, market.rules)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_a_random_stream_of_actions_replayed_by_the_simulator_gives_the_same_equity(params, style, seed):
    rules = rules_of(**STYLES[style])
    market = market_of(params, [wild_table("AAA", 400, seed, stale=STALE)], rules, 1)
    market.restart([0], [5], [399])
    targets, marks, _ = walk(market, np.random.default_rng(seed).integers(0, 3, 400))
    simulation = replay(market, targets)
    bars = list(marks)
    assert len(bars) == 400 - 6 - len(STALE)
    assert len(simulation.fills) > 40
    assert np.abs(simulation.equity[bars, 0] / list(marks.values()) - 1).max() < 1e-12


def test_accounts_that_are_ruined_end_as_in_the_simulator(params):
    rules = rules_of(long_short=True, stop_loss=None, take_profit=None, max_position_size=1.0)
    ruined = 0
    for seed in range(6):
        market = market_of(params, [wild_table("AAA", 120, seed, volatility=0.25)], rules, 1)
        market.restart([0], [5], [119])
        targets, marks, rewards = walk(market, [SELL] * 120)
        simulation = replay(market, targets)
        last = max(marks)
        assert simulation.equity[last, 0] == pytest.approx(marks[last], abs=1e-9)
        if market.terminated[0]:
            ruined += 1
            assert last < 119
            assert not market.truncated[0]
            assert sum(rewards) == pytest.approx(100 * math.log(LEAST_EQUITY))
            assert np.isfinite(market.observe()).all()
    assert 1 <= ruined <= 5


def test_rewards_add_up_to_the_growth_of_log_equity(params):
    market = market_of(params, [wild_table("AAA", 300, 1, stale=STALE)], rules_of(), 1)
    market.restart([0], [5], [299])
    _, marks, rewards = walk(market, np.random.default_rng(0).integers(0, 3, 300))
    assert sum(rewards) == pytest.approx(100 * math.log(marks[max(marks)] / 10_000))


def test_the_penalty_takes_its_share_of_each_new_drawdown(params):
    actions = np.random.default_rng(0).integers(0, 3, 300)
    tables = [wild_table("AAA", 300, 1)]
    found = []
    for penalty in (0.0, 0.5):
        market = market_of(params, tables, rules_of(), 1, penalty)
        market.restart([0], [5], [299])
        _, marks, rewards = walk(market, actions)
        found.append(np.array(rewards))
    equity = np.array([10_000.0, *marks.values()])
    falls = np.log(np.maximum.accumulate(equity) / equity)
    assert found[0] - found[1] == pytest.approx(50 * np.maximum(np.diff(falls), 0.0), abs=1e-9)
    assert (found[0] - found[1]).max() > 0.1


def test_a_hand_worked_episode(params):
    """Buy at the close of bar 5 (fills at the open of 6), hold, sell at 7 (fills at the open of 8)."""
    table = wild_table("AAA", 12, 0)
    for name in ("open", "high", "low", "close"):
        table[name] = 100.0
    table.loc[6, ["open", "high", "low", "close"]] = 100.0, 111.0, 99.0, 110.0
    table.loc[7, ["open", "high", "low", "close"]] = 110.0, 122.0, 109.0, 121.0
    table.loc[8, ["open", "high", "low", "close"]] = 120.0, 121.0, 98.0, 99.0
    rules = rules_of(commission=0.0, slippage=0.0, max_position_size=0.5, stop_loss=None, take_profit=None)
    market = market_of(params, [table], rules, 1)
    market.restart([0], [5], [11])
    assert market.observe()[0, 2:].tolist() == [0.0, 0.0, 0.0, 0.0]
    rewards, *_ = market.step(np.array([BUY]))
    # half of 10000 at 100 are 50 shares, worth 5500 at the close
    assert market.accounts.equity[0] == pytest.approx(10_500)
    assert rewards[0] == pytest.approx(100 * math.log(1.05))
    assert market.observe()[0, 2:] == pytest.approx([5500 / 10500, math.log(1.1) / 0.03, 0.0, 0.0])
    market.step(np.array([HOLD]))
    assert market.observe()[0, 2:] == pytest.approx([6050 / 11050, math.log(1.21) / 0.03, math.log(2), 0.0])
    market.step(np.array([SELL]))
    # 50 shares leave at the open of 120
    assert market.accounts.equity[0] == pytest.approx(11_000)
    assert market.observe()[0, 2:] == pytest.approx([0, 0, 0, 100 * math.log(11_000 / 11_050)], abs=1e-5)
    assert market.accounts.entry_bar[0] == -1


def test_a_short_position_gains_when_the_price_falls(params):
    table = wild_table("AAA", 12, 0)
    for name in ("open", "high", "low", "close"):
        table[name] = 100.0
    table.loc[6:, ["low", "close"]] = 90.0
    table.loc[7:, ["open", "high"]] = 90.0
    rules = rules_of(
        commission=0.0, slippage=0.0, max_position_size=0.5, stop_loss=None, take_profit=None, long_short=True
    )
    market = market_of(params, [table], rules, 1)
    market.restart([0], [5], [11])
    market.step(np.array([SELL]))
    assert market.accounts.shares[0] == pytest.approx(-50)
    assert market.observe()[0, 2:4] == pytest.approx([-4500 / 10500, -math.log(0.9) / 0.03])
    market.step(np.array([BUY]))
    assert market.accounts.shares[0] > 0
    assert market.accounts.entry_bar[0] == 7


def test_a_wish_that_is_held_gives_no_order_and_a_buy_after_a_stop_enters_again(params):
    table = wild_table("AAA", 12, 0)
    for name in ("open", "high", "low", "close"):
        table[name] = 100.0
    table.loc[7, ["low", "close"]] = 50.0
    table.loc[8:, ["open", "high", "low", "close"]] = 50.0
    market = market_of(params, [table], rules_of(), 1)
    market.restart([0], [5], [11])
    market.step(np.array([BUY]))
    held, cash = market.accounts.shares[0], market.accounts.cash[0]
    market.step(np.array([BUY]))
    assert market.accounts.shares[0] == 0.0  # the stop at 98 was touched
    assert held > 0
    assert market.accounts.cash[0] == pytest.approx(cash + held * 100.05 * 0.98 * 0.9995 * 0.999)
    market.step(np.array([BUY]))
    assert market.accounts.shares[0] > 0
    before = market.accounts.shares[0]
    market.step(np.array([BUY]))
    assert market.accounts.shares[0] == before


def test_bars_that_are_not_ready_allow_no_decision_and_their_change_is_in_the_reward(params):
    table = wild_table("AAA", 60, 3, stale=range(20, 25))
    rules = rules_of(stop_loss=None, take_profit=None)
    market = market_of(params, [table], rules, 1)
    market.restart([0], [18], [59])
    market.step(np.array([BUY]))
    before = market.accounts.equity[0]
    rewards, *_ = market.step(np.array([SELL]))
    assert market.accounts.bar[0] == 25
    # sold at the open of 20, flat since
    expected = market.accounts.cash[0]
    assert market.accounts.shares[0] == 0.0
    assert rewards[0] == pytest.approx(100 * math.log(expected / before))
    assert np.isfinite(market.observe()).all()


def test_an_episode_that_would_end_on_a_bar_without_observation_ends_on_the_ready_bar_before(params):
    market = market_of(params, [wild_table("AAA", 60, 3, stale=range(50, 60))], rules_of(), 1)
    market.restart([0], [40], [59])
    assert market.accounts.end[0] == 49
    for _ in range(9):
        _, _, truncated = market.step(np.array([HOLD]))
    assert truncated[0]


def test_batches_equal_single_episodes_and_ended_ones_stay_as_they_are(params):
    tables = [wild_table("AAA", 200, 1, stale=STALE), wild_table("BBB", 150, 2)]
    rules = rules_of(long_short=True)
    first, last = np.array([5, 60, 210, 300]), np.array([100, 199, 340, 349])
    actions = np.random.default_rng(0).integers(0, 3, (200, 4))
    together = market_of(params, tables, rules, 4)
    together.restart(np.arange(4), first, last)
    seen = [together.observe()]
    rewards = []
    for row in actions:
        found, *_ = together.step(row)
        rewards.append(found)
        seen.append(together.observe())
    for place in range(4):
        alone = market_of(params, tables, rules, 1)
        alone.restart([0], first[[place]], last[[place]])
        for step, action in enumerate(actions[:, place]):
            ended = bool(alone.truncated[0])
            (reward,), *_ = alone.step(np.array([action]))
            assert reward == rewards[step][place]
            assert np.array_equal(alone.observe()[0], seen[step + 1][place])
            if ended:
                assert reward == 0.0
        assert alone.truncated[0]


def test_many_episodes_on_all_threads_equal_few_on_one(params):
    many, few = batch.PARALLEL_EPISODES, 4
    tables = [wild_table("AAA", 200, 1, stale=STALE)]
    firsts = np.tile([5, 6, 7, 8], many // few)
    actions = np.tile(np.random.default_rng(0).integers(0, 3, (60, few)), many // few)
    threads, alone = (market_of(params, tables, rules_of(), size) for size in (many, few))
    threads.restart(np.arange(many), firsts, np.full(many, 199))
    alone.restart(np.arange(few), firsts[:few], np.full(few, 199))
    for row in actions:
        expected = alone.step(row[:few])
        for found, one in zip(threads.step(row), expected, strict=True):
            assert np.array_equal(found, np.tile(one, many // few))
        assert np.array_equal(threads.observe(), np.tile(alone.observe(), (many // few, 1)))


def test_observations_that_somebody_keeps_are_never_overwritten(params):
    market = market_of(params, [wild_table("AAA", 200, 1)], rules_of(), 3)
    market.restart(np.arange(3), [5, 6, 7], [199] * 3)
    kept, copies = [], []
    for _ in range(20):
        seen = market.observe()
        kept.append(seen[1:] if len(kept) % 2 else seen)
        copies.append(kept[-1].copy())
        market.step(np.array([BUY, HOLD, SELL]))
    del seen
    assert all(np.array_equal(found, copy) for found, copy in zip(kept, copies, strict=True))
    kept.clear()
    places = {market.observe().__array_interface__["data"][0] for _ in range(5)}
    assert len(places) == 1


def test_episodes_of_another_ticker_or_on_bars_that_are_not_ready_are_refused(params):
    market = market_of(params, [wild_table("AAA", 100, 1), wild_table("BBB", 100, 2)], rules_of(), 1)
    for first, last in ((90, 120), (3, 50), (50, 50), (60, 50), (-1, 5), (10, 200), (99, 104)):
        with pytest.raises(DataError, match="cannot be"):
            market.restart([0], [first], [last])


def test_features_of_another_contract_are_refused(params):
    contract = toy_contract(params)
    series = market_series({"AAA": wild_table("AAA", 50, 0)}, contract)
    from tradeproof.features.contract import feature_contract

    other = observation_contract(feature_contract(params.build_features))
    with pytest.raises(ContractError, match="one feature contract"):
        BatchedMarket(series, other, rules_of(), 1, 0.0)
    with pytest.raises(ContractError, match="AAA: feature table has noise at place 7"):
        market_series({"AAA": wild_table("AAA", 50, 0).drop(columns="signal")}, contract)
    with pytest.raises(DataError, match="feature table of BBB holds tickers"):
        market_series({"BBB": wild_table("AAA", 50, 0)}, contract)
    with pytest.raises(DataError, match="out of order"):
        market_series({"AAA": wild_table("AAA", 50, 0)[::-1]}, contract)
    with pytest.raises(DataError, match="expected one per ticker"):
        market_series({}, contract)


def test_whole_episodes_never_step_onto_a_bar_that_is_not_theirs(params):
    contract = toy_contract(params)
    tables = {"AAA": wild_table("AAA", 300, 1, stale=STALE), "BBB": wild_table("BBB", 120, 2)}
    series = market_series(tables, contract)
    allowed = np.ones(420, np.bool_)
    allowed[150:170] = allowed[310:] = False
    found = episodes(series, allowed, 30)
    generator = np.random.default_rng(0)
    starts = found.draw(generator, 5000)
    ends = found.ends(starts, 30)
    for first, last in zip(found.bars[starts], ends, strict=True):
        inside = slice(first, last + 1)
        assert allowed[inside].all()
        assert series.ready[first]
        assert series.ready[last]
        decisions = series.ready[inside].sum() - 1
        assert decisions == 30 or (first == 305 and last == 309)
    reached = np.unique(found.bars[starts])
    expected = [*range(5, 120), *range(170, 270), 305]
    assert set(reached) <= set(expected) - set(STALE)
    assert len(reached) > 200


def test_a_market_without_two_ready_bars_is_refused(params):
    series = market_series({"AAA": wild_table("AAA", 50, 1)}, toy_contract(params))
    with pytest.raises(DataError, match="two bars in a row"):
        episodes(series, np.arange(50) == 20, 10)


@pytest.fixture
def env(params):
    tables = {"AAA": wild_table("AAA", 300, 1, stale=STALE), "BBB": wild_table("BBB", 200, 2)}
    return TradingEnv(tables, toy_contract(params), rules_of(), 50, 0.0)


def test_the_environment_passes_both_checkers_without_a_warning(env):
    from gymnasium.utils.env_checker import check_env
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
        check_for_sb3(env)


def test_a_seed_draws_the_start_and_options_choose_it(env):
    first, info = env.reset(seed=3)
    again, _ = env.reset(seed=3)
    assert np.array_equal(first, again)
    starts = {env.reset()[1]["date"] for _ in range(30)}
    assert len(starts) > 10
    _, info = env.reset(options={"ticker": "BBB", "date": "2010-03-01"})
    assert info == {"date": "2010-03-01", "ticker": "BBB", "equity": 10_000.0}
    assert {env.reset(options={"ticker": "BBB"})[1]["ticker"] for _ in range(10)} == {"BBB"}
    for _ in range(50):
        _, _, terminated, truncated, info = env.step(HOLD)
    assert (terminated, truncated) == (False, True)


def test_starts_that_cannot_be_are_refused(env):
    with pytest.raises(DataError, match="ticker is 'CCC', expected one of"):
        env.reset(options={"ticker": "CCC"})
    with pytest.raises(DataError, match="date is 1990-01-01, expected one"):
        env.reset(options={"ticker": "AAA", "date": "1990-01-01"})
    with pytest.raises(DataError, match="no episode can begin there"):
        env.reset(options={"ticker": "AAA", "date": "2010-01-04"})
    with pytest.raises(DataError, match="expected ticker and date alone"):
        env.reset(options={"day": "2010-01-04"})


def test_stable_baselines3_trains_on_the_environment_directly(env):
    from stable_baselines3 import PPO

    model = PPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, seed=0, device="cpu")
    model.learn(128)
    assert model.num_timesteps == 128


def test_the_number_of_actions_is_that_of_the_space(env):
    assert env.action_space.n == len(ACTIONS)


@pytest.mark.slow
def test_compiled_steps_are_never_older_than_the_simulator(tmp_path, repository):
    """A changed simulator under an unchanged batch.py: what runs is the new one, from a cache filled by the old."""
    source = tmp_path / "src"
    subprocess.run(["cp", "-r", str(repository / "src"), str(source)], check=True)
    program = (
        "import numpy as np\n"
        "from tradeproof.envs.kernels import Accounts, compiled_advance, foreign_digest\n"
        "from tradeproof.market.rules import Rules\n"
        "one = lambda value, kind=float: np.array([value], kind)\n"
        "state = Accounts(one(100), one(0), one(np.nan), one(100), one(100), one(0, bool), one(-1, int), one(0, int), "
        "one(1, int))\n"
        "prices = np.full((2, 4), 10.0)\n"
        "rules = Rules(0.0, 0.0, 0.0, 1.0, np.inf, np.inf)\n"
        "step = compiled_advance(foreign_digest(), False)\n"
        "step(one(2, int), state, prices, np.ones(2, bool), rules, 0.1, 0.0, one(0), one(0, bool), one(0, bool), 1)\n"
        "print(state.shares[0], sum(step.stats.cache_hits.values()))"
    )

    def run():
        environment = {"PYTHONPATH": str(source), "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PATH": ""}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    assert run() == ["10.0", "0"]
    assert run() == ["10.0", "1"]
    account = source / "tradeproof" / "market" / "account.py"
    text = account.read_text()
    changed = text.replace("shares = account.shares + change\n", "shares = account.shares + change / 2.0\n")
    assert changed != text
    account.write_text(changed)
    assert run() == ["5.0", "0"]


def test_the_digest_covers_every_foreign_source(monkeypatch, tmp_path):
    names = {Path(module.__file__).name for module in kernels.FOREIGN}
    assert names == {"account.py", "fills.py", "rules.py"}
