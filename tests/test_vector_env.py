"""Episodes stepped together are the same as episodes stepped one by one, and stable-baselines3 is told how they end."""

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

from toy_market import toy_contract
from toy_trading import market_of, rules_of, wild_table
from tradeproof.agents.vector_env import BatchedVecEnv
from tradeproof.envs.episodes import episodes
from tradeproof.envs.trading_env import TradingEnv

STALE = (40, 41, 42, 90)


def tables():
    return [wild_table("AAA", 300, 1, stale=STALE), wild_table("BBB", 200, 2)]


def vector_env(params, size=16, length=40, seed=0, rules=None):
    market = market_of(params, tables(), rules or rules_of(), size)
    found = episodes(market.series, np.ones(len(market.series.ready), np.bool_), length)
    return BatchedVecEnv(market, found, np.random.default_rng(seed))


def test_transitions_are_those_of_the_single_environment(params):
    rules = rules_of(long_short=True)
    env = vector_env(params, rules=rules)
    single = TradingEnv({str(t["ticker"][0]): t for t in tables()}, toy_contract(params), rules, 40, 0.0)
    seen = env.reset()
    actions = np.random.default_rng(3).integers(0, 3, (150, 16))
    compared = ended = 0
    fresh = np.zeros(16, bool)
    followed = {}
    for row in actions:
        before = env.market.accounts.bar.copy()
        for place in np.flatnonzero(fresh):
            # a whole episode has just begun: follow it in the single environment
            series = env.market.series
            ticker = series.tickers[int(series.series_of(before[place]))]
            date = str(series.dates[before[place]].astype("datetime64[D]"))
            if place == 7:
                first, _ = single.reset(options={"ticker": ticker, "date": date})
                assert np.array_equal(first, seen[place])
                followed = {"place": place}
        seen, rewards, done, infos = env.step(row)
        if followed:
            alone, reward, terminated, truncated, _ = single.step(row[7])
            assert reward == rewards[7]
            assert (terminated or truncated) == done[7]
            expected = infos[7]["terminal_observation"] if done[7] else seen[7]
            assert np.array_equal(alone, expected)
            compared += 1
            if done[7]:
                ended += 1
                followed = {}
        fresh = done
    assert compared > 100
    assert ended >= 2


def test_only_episodes_that_end_have_an_info_of_their_own(params):
    env = vector_env(params)
    env.reset()
    ends = []
    for step in range(1, 81):
        seen, _, done, infos = env.step(np.ones(16, np.int64))
        for place in range(16):
            if done[place]:
                assert infos[place]["TimeLimit.truncated"]
                # the account of an episode that begins is flat and new; the last observation is another
                assert seen[place, 2:].tolist() == [0.0] * 4
                assert not np.array_equal(infos[place]["terminal_observation"], seen[place])
                ends.append((step, place))
            else:
                assert infos[place] == {}
    # the first episodes end one after the other, 40 decisions over 16 of them; later ones last 40
    firsts = {place: min(step for step, found in ends if found == place) for place in range(16)}
    assert [firsts[place] for place in range(16)] == [1 + place * 40 // 16 for place in range(16)]
    for place in range(16):
        mine = [step for step, found in ends if found == place]
        assert np.diff(mine).tolist() == [40] * (len(mine) - 1)


def test_ruin_is_an_end_and_not_a_truncation(params):
    rules = rules_of(long_short=True, stop_loss=None, take_profit=None, max_position_size=1.0)
    market = market_of(params, [wild_table("AAA", 400, seed=0, volatility=0.25)], rules, 8)
    env = BatchedVecEnv(market, episodes(market.series, np.ones(400, np.bool_), 60), np.random.default_rng(0))
    env.reset()
    ruined = truncated = 0
    for _ in range(200):
        _, rewards, done, infos = env.step(np.zeros(8, np.int64))
        for place in np.flatnonzero(done):
            if infos[place]["TimeLimit.truncated"]:
                truncated += 1
            else:
                ruined += 1
                assert rewards[place] < -50
            assert np.isfinite(infos[place]["terminal_observation"]).all()
    assert ruined > 3
    assert truncated > 3


def test_means_since_they_were_asked_last_are_those_of_the_rewards(params):
    env = vector_env(params)
    env.reset()
    actions = np.random.default_rng(1).integers(0, 3, (90, 16))
    for rows in (actions[:30], actions[30:]):
        rewards = [env.step(row)[1] for row in rows]
        reward, growth = env.take_means()
        assert reward == pytest.approx(np.mean(rewards))
        # a reward is per cent of log equity
        assert growth == pytest.approx(np.mean(rewards) / 100)


def test_a_seed_fixes_every_start(params):
    first, second, other = (vector_env(params) for _ in range(3))
    first.seed(5), second.seed(5), other.seed(6)
    seen = [env.reset() for env in (first, second, other)]
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    for _ in range(60):
        seen = [env.step(np.full(16, 2))[0] for env in (first, second)]
    assert np.array_equal(*seen)


def test_episodes_have_no_attributes_or_methods_of_their_own(params):
    env = vector_env(params)
    assert env.get_attr("render_mode") == [None] * 16
    assert env.get_attr("num_envs", 3) == [16]
    assert env.env_is_wrapped(VecMonitor) == [False] * 16
    with pytest.raises(AttributeError, match="share one market"):
        env.set_attr("size", 3)
    with pytest.raises(AttributeError, match="share one market"):
        env.env_method("reset")


def test_wrappers_of_stable_baselines3_work_around_it(params):
    env = VecMonitor(vector_env(params))
    env.reset()
    found = []
    for _ in range(80):
        _, _, _, infos = env.step(np.full(16, 2))
        found += [info["episode"]["l"] for info in infos if "episode" in info]
    assert found.count(40) >= 16
