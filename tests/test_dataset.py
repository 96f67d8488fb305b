"""The dataset: every claim true, no row twice, one schema for the datasets library, an audit that counts the files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explained_market import Quiet, bars_of, tables_of, trader
from tradeproof.agents import lookahead_prompts
from tradeproof.agents.generation import Request, generate_dataset
from tradeproof.agents.lookahead_prompts import lookahead_of_prompts
from tradeproof.errors import DataError
from tradeproof.explanations import rows as rows_module
from tradeproof.explanations.answers import CATEGORIES
from tradeproof.explanations.claims import check_text
from tradeproof.explanations.facts import Facts
from tradeproof.explanations.repeats import repeated, skeleton
from tradeproof.explanations.rows import TASKS, Job, write_row, write_rows
from tradeproof.features.lookahead import raise_if_leaking
from tradeproof.market.positions import ACTIONS

SAMPLES = 200


@pytest.fixture(scope="module")
def bars(params):
    return bars_of(params, 620)


@pytest.fixture(scope="module")
def policy(params):
    return trader(params, seed=1)


@pytest.fixture(scope="module")
def request_of(params):
    def make(seed=7, **changes):
        settings = params.generate_explanations.model_copy(update={"num_samples": SAMPLES, **changes})
        return Request(settings, params.split.purged_size, params.split.train_end, seed)

    return make


@pytest.fixture(scope="module")
def generated(params, bars, policy, request_of):
    return generate_dataset(policy, tables_of(params, bars), request_of(), {"policy_sha256": "p", "data_sha256": "d"})


@pytest.fixture(scope="module")
def rows(generated):
    return {name: json.loads(generated.files[f"{name}_data.json"]) for name in ("train", "eval")}


def test_each_line_is_a_row_as_the_guide_looks_at_them(generated):
    """`head -n 20` shows a bracket and nineteen whole rows."""
    lines = generated.files["train_data.json"].decode("utf-8").split("\n")
    assert lines[0] == "["
    assert lines[-2:] == ["]", ""]
    for line in lines[1:20]:
        assert {"prompt", "completion", "action", "ticker", "date", "task"} <= set(json.loads(line.rstrip(",")))
    assert len(lines) == 0.9 * SAMPLES + 3


def test_the_datasets_library_loads_both_files_with_one_schema(generated, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    for name, content in generated.files.items():
        (tmp_path / name).write_bytes(content)
    files = {name: str(tmp_path / f"{name}_data.json") for name in ("train", "eval")}
    found = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert found["train"].features == found["eval"].features
    assert {name: found[name].num_rows for name in files} == {"train": 180, "eval": 20}
    for row in found["eval"]:
        facts = Facts.from_dict(row["snapshot"])
        assert check_text(row["completion"], facts).true == len(check_text(row["completion"], facts).claims)
        assert row["ticker"] == facts.focus.ticker


def test_every_claim_of_every_completion_is_true_by_the_facts_of_its_row(rows):
    claims = 0
    for row in rows["train"] + rows["eval"]:
        checked = check_text(row["completion"], Facts.from_dict(row["snapshot"]))
        assert [c for c in checked.claims if c.verdict != "true"] == []
        claims += len(checked.claims)
    assert claims > 5 * SAMPLES


def test_the_facts_of_a_row_know_nothing_of_a_later_date_or_of_the_other_part(rows):
    last = max(row["date"] for row in rows["train"])
    for name, part in rows.items():
        for row in part:
            dates = [snapshot["date"] for snapshot in row["snapshot"]["snapshots"]]
            assert max(dates) == row["date"]
            assert name == "train" or min(dates) > last


def test_all_tasks_and_categories_have_their_share(rows):
    part = rows["train"]
    tasks = [row["task"] for row in part]
    assert [tasks.count(task) for task in TASKS] == [126, 18, 36]
    asked = [row["category"] for row in part if row["task"] == "chat"]
    assert {category: asked.count(category) for category in CATEGORIES} == dict(
        zip(CATEGORIES, [8, 7, 7, 7, 7], strict=True)
    )
    assert all(row["category"] is None for row in part if row["task"] != "chat")


def test_a_chat_remembers_yesterday_and_a_month_earlier(rows, bars):
    days = {ticker: own["date"].dt.strftime("%Y-%m-%d").tolist() for ticker, own in bars.groupby("ticker")}
    told = 0
    for row in rows["train"]:
        moments = row["snapshot"]["moments"]
        for word, bars_before in (("yesterday", 1), ("a month earlier", 20)):
            if word in moments:
                own = days[row["ticker"]]
                assert own.index(row["date"]) - own.index(moments[word]) == bars_before
                told += 1
    assert told > 40


def test_the_universe_is_counted_over_all_tickers_of_the_date(rows, bars):
    """Risers, fallers and the median return, again from raw closes."""
    wide = bars.pivot_table(index="date", columns="ticker", values="close")
    wide.index = wide.index.strftime("%Y-%m-%d")
    compared = 0
    for row in rows["train"] + rows["eval"]:
        universe = row["snapshot"]["universe"]
        if not universe:
            continue
        place = wide.index.get_loc(row["date"])
        moves = 100 * (wide.iloc[place] / wide.iloc[place - 1] - 1)
        assert universe["universe_size"] == 3
        assert universe["universe_rising"] == (moves.round(2) > 0).sum()
        assert universe["universe_falling"] == (moves.round(2) < 0).sum()
        assert universe["universe_return_1"] == pytest.approx(moves.round(2).median(), abs=0.006)
        assert sum(universe[f"universe_{action}"] for action in ACTIONS) == 3
        compared += 1
    assert compared > 40


def test_no_row_repeats_a_near_one(generated, rows):
    texts = [(row["prompt"], row["completion"]) for part in rows.values() for row in part]
    assert len(set(texts)) == len(texts)
    assert generated.audit["near_duplicates"]["rate_after"] == 0.0


def test_near_duplicates_are_found_and_others_are_not(generated):
    row = replace(generated.sample, completion="The close is 101.5 on 2011-01-03.", question="")
    focus = row.job.facts.focus

    def dated(date, completion, task="explanation"):
        facts = Facts((replace(focus, date=date),), {}, {})
        return replace(row, job=replace(row.job, facts=facts, task=task), completion=completion, prompt=date)

    first = dated("2011-01-03", "The close is 101.5 on 2011-01-03.")
    assert skeleton(first) == skeleton(dated("2011-01-03", "The close is 1,302.50 on 2011-01-09."))
    assert repeated([first, dated("2011-01-10", "The close is 7.5 on 2011-01-10.")]) == [1]
    assert repeated([first, dated("2011-01-11", "The close is 7.5 on 2011-01-11.")]) == []
    assert repeated([first, dated("2011-01-04", "The close was 7.5 on 2011-01-04.")]) == []
    assert repeated([first, dated("2011-01-04", "The close is 7.5 on 2011-01-04.", "chat")]) == []


def test_the_audit_counts_what_the_files_hold(generated, rows):
    found = json.loads(generated.files["audit.json"])
    for name, part in rows.items():
        for what in ("task", "action", "ticker"):
            counts = {key: sum(row[what] == key for row in part) for key in found["counts"][name][what]}
            assert counts == found["counts"][name][what]
            assert sum(counts.values()) == len(part)
        assert found["split"][name] == {
            "first": min(row["date"] for row in part),
            "last": max(row["date"] for row in part),
        }
    assert found["claims"]["false"] == found["claims"]["unverifiable"] == 0
    assert found["claims"]["true"] > 5 * SAMPLES
    assert found["origins"]["policy_sha256"] == "p"
    assert [check["passed"] for check in found["quality_checks"]][:2] == [True, True]
    assert found["quality_checks"][2]["passed"] == (found["balance"]["notes"] == [])


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_rows(params, bars, policy, request_of, generated):
    tables, origins = tables_of(params, bars), {"policy_sha256": "p", "data_sha256": "d"}
    again = generate_dataset(policy, tables, request_of(), origins)
    assert dict(again.files) == dict(generated.files)
    other = generate_dataset(policy, tables, request_of(seed=8), origins)
    assert other.files["train_data.json"] != generated.files["train_data.json"]


def test_two_processes_write_the_rows_that_one_does(generated, rows, monkeypatch):
    monkeypatch.setattr(rows_module, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(rows_module, "JOBS_AT_ONCE", 7)
    jobs = [
        Job(row["task"], row["category"], Facts.from_dict(row["snapshot"]), (1, number))
        for number, row in enumerate(rows["train"][:30])
    ]
    alone, together = (write_rows(jobs, 3, count, Quiet()) for count in (1, 2))
    assert alone == together


def test_a_claim_that_does_not_hold_stops_everything_and_names_the_row(rows, monkeypatch):
    row = next(row for row in rows["train"] if row["task"] == "explanation")
    monkeypatch.setattr(rows_module, "write_explanation", lambda *_: "RSI(14) is 99.9.")
    with pytest.raises(DataError, match=rf"explanation of {row['ticker']} on {row['date']}: .*no dataset was written"):
        write_row(Job(row["task"], None, Facts.from_dict(row["snapshot"]), (1,)), 3)


def test_a_ticker_with_too_short_a_history_is_left_out_and_named(params, bars, policy, request_of, capsys):
    tables = tables_of(params, bars)
    short = bars_of(params, 30, ("SHORT",))
    found = generate_dataset(policy, {**tables, **tables_of(params, short)}, request_of(num_samples=20), {})
    assert found.audit["origins"]["tickers_left_out"] == ["SHORT"]
    assert "SHORT has 30 bars, too few" in capsys.readouterr().err
    with pytest.raises(DataError, match="none of the tickers SHORT has 2 bars with a full history"):
        generate_dataset(policy, tables_of(params, short), request_of(num_samples=20), {})


def test_no_prompt_or_completion_knows_the_future(params, policy):
    bars = bars_of(params, 470, ("AAA", "BBB"))
    (report,) = lookahead_of_prompts(bars, policy, params, [440], 3)
    raise_if_leaking([report])
    assert len(report.columns) == 6
    assert report.compared > 50


def test_a_prompt_that_knows_the_next_close_is_caught(params, policy, monkeypatch):
    honest = lookahead_prompts.build_table

    def leaking(bars, settings):
        table = honest(bars, settings)
        return table.assign(return_1=np.where(table["ready"], table["return_1"].shift(-1).fillna(0.0), np.nan))

    monkeypatch.setattr(lookahead_prompts, "build_table", leaking)
    (report,) = lookahead_of_prompts(bars_of(params, 470, ("AAA",)), policy, params, [440], 3)
    assert {leak.column for leak in report.leaks} >= {"explanation_prompt", "chat_prompt"}
