"""The evaluation from tables to files: whole, honest, self-contained, the same twice."""

import json
import math
import re
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tradeproof.errors import ContractError, DataError
from tradeproof.evaluation.models import evaluate_models
from tradeproof.evaluation.names import RULES, YARDSTICKS
from tradeproof.evaluation.plots import skill_plot
from tradeproof.evaluation.report import render_report, write_evaluation
from tradeproof.evaluation.stability import fold_table, grid_table, seed_table
from tradeproof.evaluation.tables import forecast_tables, profit_table
from tradeproof.evaluation.walk_forward import compare_folds
from tradeproof.features.labels import forward_returns
from tradeproof.features.table import build_table
from tradeproof.forecasting.folds import plan_folds
from tradeproof.market.positions import quantile_column
from tradeproof.params.schema import AllParams

HOSTILE = "<script>alert('x')</script>"
NORMAL = {
    0.01: -2.326,
    0.05: -1.645,
    0.1: -1.282,
    0.25: -0.674,
    0.5: 0.0,
    0.75: 0.674,
    0.9: 1.282,
    0.95: 1.645,
    0.99: 2.326,
}
MANIFEST = {
    "source": "folder",
    "synthetic": False,
    "origin": "a folder <b>of files</b>",
    "licence": "",
    "adjustment": "adjusted for splits & dividends",
    "survivorship": "members as of today",
    "sha256": "ab" * 32,
    "tickers": {"AAA": {"first": "2010-01-04", "last": "2013-12-31", "rows": 1000}},
    "findings": [
        {
            "rule": "stale_open",
            "action": "warn",
            "file": "bars.csv",
            "ticker": "AAA",
            "count": 7,
            "first_rows": ["2011: 0.9 of 251 opens equal the last close"],
            "advice": "Fills at such opens are not believable",
        }
    ],
}


def tiny(params, tickers):
    """The repository's params with a split inside the simulated bars and as little work as they allow."""
    return params.model_copy(
        update={
            "split": params.split.model_copy(
                update={"train_end": date(2012, 6, 29), "validation_end": date(2012, 9, 28), "purged_size": 5}
            ),
            "train_base": params.train_base.model_copy(update={"tickers": tickers, "horizons": [1, 5]}),
            "profit": params.profit.model_copy(update={"horizon": 1, "least_return": 0.0}),
            "walk_forward": params.walk_forward.model_copy(update={"test_bars": 150, "validation_bars": 60}),
            "evaluate": params.evaluate.model_copy(update={"bootstrap_resamples": 100, "lightgbm_rounds": 3}),
        }
    )


def forecasts(tables, horizons, mean):
    """Normal quantiles with the trailing volatility around a mean per bar and horizon (log return)."""
    parts = []
    for ticker, table in tables.items():
        for column, horizon in enumerate(horizons):
            scale = table["volatility"].to_numpy() * math.sqrt(horizon)
            centre = mean(table)[:, column]
            quantiles = {quantile_column(level): centre + value * scale for level, value in NORMAL.items()}
            parts.append(pd.DataFrame({"ticker": ticker, "date": table["date"], "horizon": horizon, **quantiles}))
    frame = pd.concat(parts, ignore_index=True)
    return frame[np.isfinite(frame["q50"])]


def no_idea(table):
    return np.zeros((len(table), 2))


def foresight(table):
    """The truth itself; zero where the bars end first."""
    return np.nan_to_num(forward_returns(table["close"].to_numpy(), [1, 5]))


def shifted(frame, by):
    """The same forecasts, all quantiles higher by a log return."""
    return frame.assign(**{column: frame[column] + by for column in frame.columns if column.startswith("q")})


def walked(tables, models, params):
    """The walk-forward of models that need no training."""
    dates = np.unique(np.concatenate([table["date"].to_numpy() for table in tables.values()]))
    folds = plan_folds(dates, params.split, params.walk_forward)
    frames = [frame.assign(model=name, fold=fold.number) for fold in folds for name, frame in models.items()]
    return compare_folds(tables, pd.concat(frames, ignore_index=True), folds, params).to_dict()


@pytest.fixture(scope="module")
def room(params, tmp_path_factory):
    """Two tickers, one of them with a hostile name, evaluated once for all tests that only look."""
    tables = {}
    for seed, ticker in enumerate(["AAA", HOSTILE]):
        rng = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.012, 1000)))
        open_ = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, 0.004, 1000))
        reach = np.exp(np.abs(rng.normal(0, 0.004, 1000)))
        bars = pd.DataFrame(
            {
                "ticker": ticker,
                "date": pd.bdate_range("2010-01-04", periods=1000).as_unit("us"),
                "open": open_,
                "high": np.maximum(open_, close) * reach,
                "low": np.minimum(open_, close) / reach,
                "close": close,
                "volume": np.exp(rng.normal(14, 0.4, 1000)),
            }
        )
        tables[ticker] = build_table(bars, params.build_features)
    changed = tiny(params, list(tables))
    models = {
        "base": forecasts(tables, [1, 5], no_idea),
        '"><img src=x onerror=alert(1)>': forecasts(tables, [1, 5], foresight),
    }
    seeds = {"base": [models["base"], shifted(models["base"], 0.001), shifted(models["base"], -0.001)]}
    evaluation = evaluate_models(tables, models, changed, seeds)
    folds = walked(tables, models, changed)
    folder = tmp_path_factory.mktemp("evaluation")
    write_evaluation(folder, evaluation, MANIFEST, changed, walk_forward=folds)
    return SimpleNamespace(
        tables=tables,
        params=changed,
        models=models,
        seeds=seeds,
        evaluation=evaluation,
        folds=folds,
        folder=folder,
        plots={path.stem: path.read_bytes() for path in (folder / "plots").glob("*.png")},
        html=(folder / "report.html").read_text(),
    )


class Page(HTMLParser):
    """Tags, attributes and the text a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def leaves(nested):
    for value in nested.values():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield value


def test_metrics_hold_every_model_and_policy_and_only_numbers_that_json_has(room):
    metrics = room.evaluation.metrics
    assert set(metrics["test"]["forecast"]) == {*room.models, "base_ensemble", *YARDSTICKS}
    assert set(metrics["test"]["profit"]) == {*room.models, "base_ensemble", *YARDSTICKS, *RULES}
    assert set(metrics["test"]["grid"]) == {*room.models, "lightgbm"}
    assert {"har", "lightgbm", "buy_and_hold", "momentum", "cash"} <= set(metrics["test"]["profit"])
    assert set(metrics["tickers"]) == set(room.tables)
    assert set(metrics["test"]["forecast"]["base"]) == {"h1", "h5"}
    values = list(leaves(metrics))
    assert len(values) > 300
    assert all(value is None or (isinstance(value, int | float) and math.isfinite(value)) for value in values)
    assert metrics["test"]["forecast"]["historical_volatility"]["h1"]["skill"] == 0.0


def test_all_models_are_scored_on_the_same_test_bars_and_no_others(room):
    split = room.params.split.validation_end
    after = [table["date"] > pd.Timestamp(split) for table in room.tables.values()]
    for horizon in (1, 5):
        expected = sum(int(later.sum()) - horizon for later in after)
        counts = {figures[f"h{horizon}"]["bars"] for figures in room.evaluation.metrics["test"]["forecast"].values()}
        assert counts == {expected}
    assert room.evaluation.fan["date"].min() > pd.Timestamp(split)


def test_foresight_is_praised_and_no_idea_is_not(room):
    profit, forecast = room.evaluation.metrics["test"]["profit"], room.evaluation.metrics["test"]["forecast"]
    seer = list(room.models)[1]
    assert forecast[seer]["h1"]["skill_low"] > 0.3
    assert forecast[seer]["h1"]["rank_ic"] > 0.95
    assert forecast["base"]["h1"]["skill_low"] < 0.05
    assert profit["base"]["total_trades"] == 0
    answer = room.evaluation.verdict.answer
    assert "beat historical volatility as a forecast" in answer
    assert "the base model beat" not in answer.lower()


def test_foresight_raises_the_alarms_at_the_top_of_the_report(room):
    warned = " ".join(room.evaluation.warnings)
    assert "direction of the next bar" in warned
    assert "rank correlation" in warned
    blamed = [line for line in room.evaluation.warnings if line.startswith("Base model")]
    assert [line.partition(" seeds ")[0] for line in blamed] == ["Base model: only 1 of 3"]
    text = Page(room.html).text
    assert text.index("Read these first") < text.index("leak until shown otherwise") < text.index("Would it have made")


def test_the_report_asks_nothing_of_a_network(room):
    page = Page(room.html)
    assert "script" not in page.tags
    assert {"link", "iframe", "object", "embed", "base", "form", "a"} & set(page.tags) == set()
    sources = [value for name, value in page.attributes if name in {"src", "href", "srcset", "action", "data"}]
    assert len(sources) == len(room.plots) == 6
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    without_images = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", room.html)
    assert re.search(r"https?:|//[a-z]|@import|url\(", without_images) is None


def test_hostile_names_are_text_in_the_report_and_never_markup(room):
    page = Page(room.html)
    assert page.tags.count("img") == len(room.plots)
    assert "b" in page.tags  # the report's own emphasis
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert HOSTILE in page.text
    assert "a folder <b>of files</b>" in page.text
    assert HOSTILE not in room.html


def test_the_report_tells_where_the_bars_come_from_what_it_cost_and_what_is_doubted(room):
    text = Page(room.html).text
    for words in (
        "adjusted for splits & dividends",
        "members as of today",
        "ab" * 32,
        "Commission 0.1 % of what is traded, and each fill 0.05 % worse",
        "The quality gate has doubts about some bars, listed under “The data”: Stale open (AAA)",
        "7 kept: 2011: 0.9 of 251 opens equal the last close",
        "Not counted here.",
    ):
        assert words in text.replace("\N{NO-BREAK SPACE}", " "), words
    assert "Licence" not in text  # an empty entry is left out
    assert re.search(r"\b(19|20)\d\d-\d\d-\d\d \d\d:\d\d|generated (on|at)", text) is None


def test_simulated_and_stale_bars_and_the_number_of_trials_are_said(room):
    stale = {
        ticker: table.assign(open=table["close"].shift().fillna(table["open"])) for ticker, table in room.tables.items()
    }
    for table in stale.values():
        table["high"] = table[["open", "high", "close"]].max(axis=1)
        table["low"] = table[["open", "low", "close"]].min(axis=1)
    evaluation = evaluate_models(stale, {"base": room.models["base"]}, room.params)
    assert set(evaluation.stale_opens.values()) == {1.0}
    assert max(room.evaluation.stale_opens.values()) < 0.05
    text = Page(render_report(evaluation, {"synthetic": True}, room.params, room.plots, trials=12)).text
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert "The bars are simulated, so nothing on this page says anything about a market." in text
    assert "AAA: 100.0 % of the opens in the test split repeat the close before." in text
    assert "12 models were tried" in text


def test_every_column_of_the_tables_is_defined_in_the_glossary(room):
    test = room.evaluation.metrics["test"]
    tables = [
        profit_table(test["profit"], ()),
        *forecast_tables(test["forecast"], ()),
        seed_table(test["seeds"]),
        grid_table(test["grid"], ()),
        fold_table(room.folds, 1),
    ]
    heads = {head.lower() for table in tables for head in table.heads}
    page = room.html.replace("&nbsp;", "\N{NO-BREAK SPACE}")
    terms = " | ".join(re.findall(r"<dt>([^<]*)</dt>", page[page.index("What the words mean") :])).lower()
    # a unit or a yardstick in the head needs no entry of its own
    missing = [head for head in heads if head.split(",")[0].split(" over ")[0] not in terms]
    assert len(heads) > 25
    assert missing == []


def test_two_evaluations_of_the_same_inputs_write_the_same_bytes(room, tmp_path):
    written = room.folder
    again = evaluate_models(room.tables, room.models, room.params, room.seeds)
    folds = walked(room.tables, room.models, room.params)
    write_evaluation(tmp_path, again, MANIFEST, room.params, walk_forward=folds)
    names = sorted(path.relative_to(written) for path in written.rglob("*") if path.is_file())
    assert [str(name) for name in names] == [
        "metrics.json",
        *(f"plots/{plot}.{kind}" for plot, kind in _plot_files()),
        "report.html",
    ]
    for name in names:
        assert (written / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert json.loads((written / "metrics.json").read_text()) == room.evaluation.metrics


def _plot_files():
    return [
        ("calibration", "csv"),
        ("calibration", "png"),
        ("drawdown", "png"),
        ("equity", "csv"),
        ("equity", "png"),
        ("fan", "csv"),
        ("fan", "png"),
        ("grid", "csv"),
        ("grid", "png"),
        ("skill", "csv"),
        ("skill", "png"),
    ]


def test_plot_data_are_what_a_plotting_tool_draws_lines_from(room):
    written = room.folder
    equity = pd.read_csv(written / "plots" / "equity.csv")
    assert {"date", "base", "buy_and_hold"} <= set(equity.columns)
    assert equity["cash"].eq(2 * room.params.profit.initial_capital).all()
    reliability = pd.read_csv(written / "plots" / "calibration.csv")
    assert reliability["level"].tolist() == room.params.train_base.quantiles
    assert {"base_h1", "base_h5", "garch_t_h1"} <= set(reliability.columns)
    assert reliability["base_h1"].is_monotonic_increasing


def test_plots_do_not_depend_on_the_users_own_settings(room):
    import matplotlib as mpl

    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30.0, "savefig.dpi": 20}):
        changed = skill_plot(room.evaluation.skill, room.evaluation.models, room.params.evaluate.confidence)
    assert changed == room.plots["skill"]


def test_the_log_line_shows_figures_of_the_last_model(room):
    headline = room.evaluation.headline
    seer = list(room.models)[1]
    assert headline["test/skill"] == room.evaluation.metrics["test"]["forecast"][seer]["h1"]["skill"]
    assert all(math.isfinite(value) for value in headline.values())


def test_forecasts_outside_the_test_split_change_nothing(room):
    split = pd.Timestamp(room.params.split.validation_end)
    only = {name: frame[frame["date"] > split] for name, frame in room.models.items()}
    seeds = {"base": [frame[frame["date"] > split] for frame in room.seeds["base"]]}
    assert evaluate_models(room.tables, only, room.params, seeds).metrics == room.evaluation.metrics


def test_what_cannot_be_compared_is_refused_with_its_name(room):
    base = room.models["base"]
    with pytest.raises(ContractError, match="expected at least one model and no name of a yardstick"):
        evaluate_models(room.tables, {"garch_t": base}, room.params)
    with pytest.raises(ContractError, match=r"expected at least one model"):
        evaluate_models(room.tables, {}, room.params)
    with pytest.raises(ContractError, match="forecasts of base have no finite quantiles for AAA on 2012-10-01"):
        evaluate_models(room.tables, {"base": base[base["ticker"] != "AAA"]}, room.params)
    with pytest.raises(DataError, match=r"no table for \[.*<script>.*of train_base.tickers"):
        evaluate_models({"AAA": room.tables["AAA"]}, {"base": base}, room.params)
    early = {ticker: table.iloc[:600] for ticker, table in room.tables.items()}
    with pytest.raises(DataError, match=r"tickers \['AAA', .* have no ready bar in the test split"):
        evaluate_models(early, {"base": base}, room.params)


def test_a_single_horizon_a_single_ticker_and_short_selling_are_reported_too(room):
    changed = room.params.model_copy(
        update={
            "train_base": room.params.train_base.model_copy(update={"tickers": ["AAA"], "horizons": [5]}),
            "profit": room.params.profit.model_copy(update={"horizon": 5, "long_short": True, "stop_loss": None}),
        }
    )
    assert isinstance(changed, AllParams)
    evaluation = evaluate_models({"AAA": room.tables["AAA"]}, {"base": room.models["base"]}, changed)
    assert evaluation.skill["horizon"].unique().tolist() == [5]
    text = Page(render_report(evaluation, MANIFEST, changed, room.plots)).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "5 bars ahead" in text
    assert "One bar ahead" not in text
    assert "short when it is as far below zero" in text
    assert "A position is closed 5 % above (take-profit) its entry price, the other way round when short" in text
