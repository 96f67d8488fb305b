"""The report: one HTML file that opens without a network, and the files that stand beside it."""

import base64
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from tradeproof.evaluation.models import Evaluation
from tradeproof.evaluation.names import label
from tradeproof.evaluation.plots import calibration_columns, draw_plots
from tradeproof.evaluation.stability import fold_table, grid_table, seed_table
from tradeproof.evaluation.tables import forecast_tables, profit_table, ticker_tables
from tradeproof.evaluation.verdict import percent
from tradeproof.features.contract import feature_contract
from tradeproof.forecasting.profit import BARS_PER_YEAR
from tradeproof.params.schema import AllParams
from tradeproof.runtime.files import write_bytes, write_json, write_text

# findings of the quality gate named in the warning; all of them stand below
SHOWN = 6
Entries = list[tuple[str, str]]


def write_evaluation(
    folder: Path,
    evaluation: Evaluation,
    manifest: Mapping[str, Any],
    params: AllParams,
    trials: int | None = None,
    walk_forward: Mapping[str, Any] | None = None,
) -> None:
    """Write metrics.json, plots/*.png, plots/*.csv and report.html; the same evaluation gives the same bytes.

    Args:
        folder: Exists, or is made.
        evaluation: What is reported.
        manifest: The manifest of the bars: origin, adjustment, survivorship, findings of the quality gate.
        params: All of params.yaml.
        trials: How many models were tried on these data; None where nobody counted.
        walk_forward: As `FoldComparison.to_dict` gives it; None where no fold was trained.

    Raises:
        StorageError: The disk does not take the files.
    """
    plots = draw_plots(evaluation, params)
    write_json(folder / "metrics.json", evaluation.metrics)
    for name, content in plots.items():
        write_bytes(folder / "plots" / f"{name}.png", content)
    for name, frame in {
        "equity": evaluation.curves,
        "calibration": calibration_columns(evaluation.calibration),
        "skill": evaluation.skill,
        "grid": evaluation.grid,
        "fan": evaluation.fan,
    }.items():
        text = frame.to_csv(index=False, date_format="%Y-%m-%d", float_format="%.8g", lineterminator="\n")
        write_text(folder / "plots" / f"{name}.csv", text)
    write_text(folder / "report.html", render_report(evaluation, manifest, params, plots, trials, walk_forward))


def render_report(
    evaluation: Evaluation,
    manifest: Mapping[str, Any],
    params: AllParams,
    plots: Mapping[str, bytes],
    trials: int | None = None,
    walk_forward: Mapping[str, Any] | None = None,
) -> str:
    """The report as HTML: styles and images inside, no script, no address, no clock.

    Args:
        evaluation: What is reported.
        manifest: The manifest of the bars.
        params: All of params.yaml.
        plots: PNG bytes by name, as `draw_plots` makes them.
        trials: How many models were tried on these data; None where nobody counted.
        walk_forward: As `FoldComparison.to_dict` gives it; None where no fold was trained.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tradeproof.evaluation", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(
        headline=evaluation.verdict.answer,
        paragraphs=evaluation.verdict.paragraphs,
        warnings=[*_data_warnings(evaluation, manifest, params), *evaluation.warnings],
        facts=_facts(evaluation, params),
        plots={name: base64.b64encode(content).decode("ascii") for name, content in plots.items()},
        confidence=f"{100 * params.evaluate.confidence:g} %",
        profit_table=profit_table(evaluation.metrics["test"]["profit"], evaluation.models),
        forecast_tables=forecast_tables(evaluation.metrics["test"]["forecast"], evaluation.models),
        ticker_tables=ticker_tables(evaluation.metrics["tickers"], evaluation.models, params.profit.horizon),
        seed_table=seed_table(evaluation.metrics["test"]["seeds"]),
        grid_table=grid_table(evaluation.metrics["test"]["grid"], evaluation.models),
        fold_table=None if walk_forward is None else fold_table(walk_forward, params.profit.horizon),
        fan_caption=_fan_caption(evaluation),
        data=_data(evaluation, manifest, params),
        params=params,
        trials=trials,
        bars_per_year=BARS_PER_YEAR,
    )


def _facts(evaluation: Evaluation, params: AllParams) -> Entries:
    dates = evaluation.curves["date"]
    tickers = ", ".join(evaluation.tickers)
    return [
        ("Test split", f"{dates.iloc[0]:%Y-%m-%d} to {dates.iloc[-1]:%Y-%m-%d}"),
        ("Sessions", f"{len(dates)}"),
        ("Tickers", tickers if len(tickers) <= 40 else f"{len(evaluation.tickers)}"),
        ("Commission, slippage", f"{100 * params.costs.commission:g} %, {100 * params.costs.slippage:g} %"),
        ("Largest position", f"{100 * params.profit.max_position_size:g} %"),
    ]


def _data_warnings(evaluation: Evaluation, manifest: Mapping[str, Any], params: AllParams) -> list[str]:
    found = []
    if manifest.get("synthetic"):
        found.append("The bars are simulated, so nothing on this page says anything about a market.")
    limit = params.download.limits.stale_open_share
    stale = {ticker: share for ticker, share in evaluation.stale_opens.items() if share > limit}
    for ticker, share in stale.items():
        found.append(
            f"{ticker}: {percent(share)} of the opens in the test split repeat the close before. Fills at such opens "
            "are not believable, so neither is its profit."
        )
    findings = _findings(manifest)
    if findings:
        names = [name for name, _ in findings]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        found.append(
            f"The quality gate has doubts about some bars, listed under “The data”: {', '.join(names[:SHOWN])}{more}."
        )
    return found


def _findings(manifest: Mapping[str, Any]) -> Entries:
    """One entry per rule and ticker of the quality gate's findings, in order."""
    findings = sorted(manifest.get("findings", ()), key=lambda finding: (finding["rule"], finding["ticker"]))
    entries = []
    for (rule, ticker), group in groupby(findings, key=lambda finding: (finding["rule"], finding["ticker"])):
        alike = list(group)
        rows = [str(row) for finding in alike for row in finding["first_rows"]]
        shown = "; ".join(rows[:3]) + (f"; and {len(rows) - 3} more like them" if len(rows) > 3 else "")
        name = f"{str(rule).replace('_', ' ').capitalize()} ({'whole file' if ticker == '*' else ticker})"
        count = sum(finding["count"] for finding in alike)
        what = "dropped" if alike[0]["action"] == "drop" else "kept"
        entries.append((name, f"{count} {what}: {shown}. {str(alike[0]['advice']).rstrip('.')}."))
    return entries


def _data(evaluation: Evaluation, manifest: Mapping[str, Any], params: AllParams) -> Entries:
    spans = manifest.get("tickers", {})
    lines = [f"{ticker} {span['first']} to {span['last']}, {span['rows']} bars" for ticker, span in spans.items()]
    stale = ", ".join(f"{ticker} {percent(share)}" for ticker, share in evaluation.stale_opens.items())
    known = [
        ("Source", manifest.get("source")),
        ("Origin", manifest.get("origin")),
        ("Licence", manifest.get("licence")),
        ("Bars", "; ".join(lines)),
        ("Adjustment", manifest.get("adjustment")),
        ("Survivorship", manifest.get("survivorship")),
        ("SHA-256 of the bars", manifest.get("sha256")),
        ("Feature contract", feature_contract(params.build_features).hash),
        ("Stale opens in the test split", f"{stale} of the opens repeat the close before; orders fill at opens."),
    ]
    return [(name, str(text)) for name, text in known if text] + _findings(manifest)


def _fan_caption(evaluation: Evaluation) -> str:
    bars = "1 bar" if evaluation.fan_horizon == 1 else f"{evaluation.fan_horizon} bars"
    return (
        f"{label(evaluation.models[-1])}, {evaluation.tickers[0]}: forecast distribution of the return over the next "
        f"{bars}, and what came, for the last {len(evaluation.fan)} bars of the test split. Each forecast stands at "
        "the date it was made."
    )
