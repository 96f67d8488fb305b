"""How fast the price model learns and forecasts, beside PatchTST and beside what the machine can multiply.

Run it with `python benchmarks/forecaster.py`; it takes two to five minutes. `--device cuda` measures a GPU, in fp32 and
in bf16; `--threads` are those of the CPU; `--repeats` are rounds in which the parties take turns, and each figure is
the median over all rounds: another busy process slows every party down, and the ratios stay about right.

Training, both under the transformers Trainer with AdamW, at equal parameter count (within 10 %) and context length:
one sequence gives our model a supervised forecast at each of its bars, one window gives PatchTST a single one. It is
measured on the same features as ours, and on one channel alone, which is the least work it can have.

Share of the limit: floating-point operations the mathematics asks for, per second of a whole training step, over those
of a large matmul in the same run. Operations per step = 6 x weights of the matmuls x bars (a multiplication and an
addition, forward and twice backward) + 12 x layers x width x (query, key) pairs inside the causal window (scores and
values). Work that masks throw away, dropout, norms and the optimiser are not counted.

Streaming: one new bar of 500 tickers through StreamingForecaster, against the pass over the context that gives the same
forecasts (64 tickers, scaled). Batch: 126 series of 1500 bars by forecast_many, and their features by build_table.
The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import (
    PatchTSTConfig,
    PatchTSTForPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.prediction import forecast_many
from tradeproof.forecasting.quiet import quiet_transformers
from tradeproof.forecasting.streaming import StreamingForecaster
from tradeproof.params import load_params

CONTEXT, WIDTH, LAYERS, WINDOW, SEQUENCES = 512, 256, 4, 128, 16
HORIZONS, LEVELS = [1, 5, 20], [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
STEPS = 4  # per round; the first is not counted
TICKERS, CHECKED = 500, 64
SERIES, BARS = 126, 1500
CLOSE = 1e-5


@dataclass(frozen=True)
class Party:
    """Who is trained."""

    name: str
    model: torch.nn.Module
    item: dict[str, torch.Tensor]
    batch_size: int
    forecasts: int  # supervised ones per example


@dataclass(frozen=True)
class Training:
    """What training in one precision came to.

    Attributes:
        rates: Supervised forecasts per second, by party.
        share: Of the ceiling that our training step reaches.
        ceiling: Operations per second of a large matmul.
    """

    rates: dict[str, float]
    share: float
    ceiling: float


class Clock(TrainerCallback):
    """Seconds between the ends of two steps: data, forward, backward and optimiser."""

    def __init__(self, device: str) -> None:
        self.device, self.ends = device, []

    def on_step_end(self, *_, **__) -> None:
        """Look at the clock, once the device has done what it was told."""
        synchronise(self.device)
        self.ends.append(time.perf_counter())


class Repeated(torch.utils.data.Dataset):
    """The same example again and again: what it holds does not change what it costs."""

    def __init__(self, item: dict[str, torch.Tensor], count: int) -> None:
        self.item, self.count = item, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, _: int) -> dict[str, torch.Tensor]:
        return self.item


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    params = load_params(Path(__file__).resolve().parents[1] / "params.yaml")
    names = feature_contract(params.build_features).names
    load = os.getloadavg()[0]
    print(f"{asked.device}, {asked.threads} threads, {os.cpu_count()} cores, load {load:.1f} before the run")
    parties = contestants(names)
    for party in parties:
        print(f"  {party.name:<34} {parameters(party.model):>10} parameters")
    precisions = ("fp32", "bf16") if asked.device == "cuda" else ("fp32",)
    results = {precision: training(parties, asked, precision) for precision in precisions}
    model = parties[0].model.eval()
    streamed, passed = streaming(model, asked)
    batch_seconds, table_seconds = batch(model, params)
    rates = results["fp32"].rates
    ours, *peers = (party.name for party in parties)
    print(
        json.dumps(
            {
                "name": "forecaster",
                "unit": "supervised forecasts/s in training",
                "ours": round(rates[ours]),
                "peers": {peer: round(rates[peer], 1) for peer in peers},
                "ratios": {peer: round(rates[ours] / rates[peer], 1) for peer in peers},
                "ratios_by_precision": {
                    precision: {peer: round(found.rates[ours] / found.rates[peer], 1) for peer in peers}
                    for precision, found in results.items()
                },
                "streaming": {
                    "unit": "forecasts/s",
                    "ours": round(streamed),
                    "peers": {"pass over the context": round(passed, 1)},
                    "ratios": {"pass over the context": round(streamed / passed, 1)},
                },
                "batch_seconds": {"forecast_many": round(batch_seconds, 1), "build_table": round(table_seconds, 1)},
                "limit": {
                    f"matmul {precision}": {"gflops": round(found.ceiling / 1e9, 1), "share": round(found.share, 3)}
                    for precision, found in results.items()
                },
                "device": asked.device,
                "load_before": round(load, 1),
            }
        )
    )


def contestants(names: tuple[str, ...]) -> list[Party]:
    """Our model; PatchTST on the same features; PatchTST on one channel."""
    model = PriceForecaster(
        PriceForecasterConfig(
            feature_names=list(names),
            contract_hash="benchmark",
            horizons=HORIZONS,
            quantiles=LEVELS,
            hidden_size=WIDTH,
            num_layers=LAYERS,
            num_heads=4,
            attention_bars=WINDOW,
            dropout=0.1,
            sequence_length=CONTEXT,
        )
    )
    item = {
        "features": torch.randn(CONTEXT, len(names)),
        "ready": torch.ones(CONTEXT, dtype=torch.bool),
        "labels": torch.randn(CONTEXT, len(HORIZONS)),
        "label_mask": torch.ones(CONTEXT, len(HORIZONS), dtype=torch.bool),
    }
    found = [Party("tradeproof", model, item, SEQUENCES, CONTEXT)]
    for name, channels, windows in (("PatchTST, same features", len(names), 2), ("PatchTST, one channel", 1, 64)):
        peer = PatchTSTForPrediction(
            PatchTSTConfig(
                num_input_channels=channels,
                context_length=CONTEXT,
                prediction_length=max(HORIZONS),
                patch_length=16,  # as in its paper (arXiv:2211.14730)
                patch_stride=8,
                d_model=WIDTH,
                num_attention_heads=4,
                num_hidden_layers=LAYERS,
                ffn_dim=768,
            )
        )
        if abs(parameters(peer) / parameters(model) - 1.0) > 0.1:
            raise SystemExit(f"{name} has {parameters(peer)} parameters, expected {parameters(model)} within 10 %")
        past, future = torch.randn(CONTEXT, channels), torch.randn(max(HORIZONS), channels)
        found.append(Party(name, peer, {"past_values": past, "future_values": future}, windows, 1))
    return found


def training(parties: list[Party], asked: argparse.Namespace, precision: str) -> Training:
    """All parties and the matmul in turn, so that a busy machine is busy for each of them."""
    seconds: dict[str, list[float]] = {party.name: [] for party in parties}
    multiplied = []
    for _ in range(asked.repeats):
        for party in parties:
            multiplied += matmul_seconds(asked.device, precision)
            seconds[party.name] += step_seconds(party, asked.device, precision)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    rates = {party.name: party.batch_size * party.forecasts / medians[party.name] for party in parties}
    ceiling = 2 * matmul_size(asked.device) ** 3 / statistics.median(multiplied)
    ours = parties[0]
    share = step_operations(ours.model) / medians[ours.name] / ceiling
    print(f"\ntraining in {precision}: median of {asked.repeats * (STEPS - 1)} steps of each")
    for party in parties:
        ratio = rates[ours.name] / rates[party.name]
        step = f"{medians[party.name] * 1e3:>8.0f} ms/step"
        print(f"  {party.name:<34} {step} {rates[party.name]:>12.1f} forecasts/s {ratio:>8.1f} x")
    print(f"  {'matmul limit':<34} {ceiling / 1e9:>8.1f} GFLOP/s, of which a training step reaches {share:.1%}")
    return Training(rates, share, ceiling)


def step_seconds(party: Party, device: str, precision: str) -> list[float]:
    """Seconds of each training step of one round but the first."""
    clock = Clock(device)
    with tempfile.TemporaryDirectory() as folder, quiet_transformers():
        trainer = Trainer(
            model=party.model,
            args=TrainingArguments(
                output_dir=folder,
                max_steps=STEPS,
                per_device_train_batch_size=party.batch_size,
                learning_rate=1e-4,
                use_cpu=device == "cpu",
                bf16=precision == "bf16",
                dataloader_pin_memory=False,
                remove_unused_columns=False,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=Repeated(party.item, party.batch_size * STEPS),
            callbacks=[clock],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return [float(gap) for gap in np.diff(clock.ends)]


def step_operations(model: PriceForecaster) -> float:
    """Floating-point operations that one training step needs."""
    weights = sum(module.weight.numel() for module in model.modules() if isinstance(module, torch.nn.Linear))
    weights += model.head.weight.numel()
    pairs = SEQUENCES * sum(min(bar + 1, WINDOW) for bar in range(CONTEXT))
    return 6.0 * weights * SEQUENCES * CONTEXT + 12.0 * LAYERS * WIDTH * pairs


def matmul_size(device: str) -> int:
    return 8192 if device == "cuda" else 2048


def matmul_seconds(device: str, precision: str) -> list[float]:
    """Seconds of square matmuls in the precision of the training."""
    size = matmul_size(device)
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    found = []
    for _ in range(6):
        synchronise(device)
        started = time.perf_counter()
        left @ right
        synchronise(device)
        found.append(time.perf_counter() - started)
    return found[1:]


@torch.inference_mode()
def streaming(model: PriceForecaster, asked: argparse.Namespace) -> tuple[float, float]:
    """Forecasts per second of one new bar per ticker: by a step, and by a pass over the context."""
    context, width = model.config.context_bars, model.config.num_features
    features = torch.randn(TICKERS, context + 1, width, device=asked.device)
    ready = torch.ones(TICKERS, context + 1, dtype=torch.bool, device=asked.device)
    small = StreamingForecaster(model, CHECKED)
    small.extend(features[:CHECKED, :context], ready[:CHECKED, :context])
    stepped = small.step(features[:CHECKED, context], ready[:CHECKED, context])
    stream = StreamingForecaster(model, TICKERS)
    stream.extend(features[:, :WINDOW], ready[:, :WINDOW])  # rings are full: further bars cost the same
    steps, passes, found = [], [], []
    for round_ in range(max(2, asked.repeats)):
        first = WINDOW + 8 * (round_ % 32)
        steps += [
            timed(asked.device, lambda bar=bar: stream.step(features[:, bar], ready[:, bar]))
            for bar in range(first, first + 8)
        ]
        found.clear()
        passes.append(timed(asked.device, lambda: found.extend(whole_passes(model, features, ready))))
    worst = float((torch.cat(found) - stepped).abs().max())
    if not worst <= CLOSE:
        raise SystemExit(f"a step and the full pass differ by {worst:.2g}, expected at most {CLOSE:g}")
    streamed, passed = TICKERS / statistics.median(steps), CHECKED / statistics.median(passes)
    print(f"\none new bar of {TICKERS} tickers (step and full pass differ by {worst:.1g})")
    print(f"  {'streaming step':<34} {TICKERS / streamed * 1e3:>8.0f} ms {streamed:>17.1f} forecasts/s")
    print(f"  {f'pass over {context + 1} bars':<34} {TICKERS / passed * 1e3:>8.0f} ms {passed:>17.1f} forecasts/s")
    print(f"  {'ratio':<34} {streamed / passed:>8.1f} x")
    return streamed, passed


def whole_passes(model: PriceForecaster, features: torch.Tensor, ready: torch.Tensor) -> list[torch.Tensor]:
    """The newest bar of the first tickers, 16 of them at a time."""
    return [
        model(features[first : first + 16], ready[first : first + 16]).quantiles[:, -1]
        for first in range(0, CHECKED, 16)
    ]


def batch(model: PriceForecaster, params) -> tuple[float, float]:
    """Seconds of the forecasts of many stocks, and of their features from bars."""
    generator = np.random.default_rng(0)
    width = model.config.num_features
    series = [
        (generator.normal(size=(BARS, width)).astype(np.float32), np.ones(BARS, dtype=np.bool_)) for _ in range(SERIES)
    ]
    forecast_seconds = timed(model.device.type, lambda: forecast_many(model, series))
    bars = [simulated_bars(f"T{place:03d}", generator) for place in range(SERIES)]
    table_seconds = timed("cpu", lambda: [build_table(one, params.build_features) for one in bars])
    print(f"\n{SERIES} stocks x {BARS} bars x {len(HORIZONS)} horizons")
    print(f"  {'forecast_many':<34} {forecast_seconds:>8.1f} s")
    print(f"  {'build_table':<34} {table_seconds:>8.1f} s")
    return forecast_seconds, table_seconds


def simulated_bars(ticker: str, generator: np.random.Generator) -> pd.DataFrame:
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.015, BARS)))
    return pd.DataFrame(
        {
            "ticker": ticker,
            "date": pd.bdate_range("2010-01-04", periods=BARS).as_unit("us"),
            "open": close * 1.001,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": 1e6 * np.exp(generator.normal(0, 0.3, BARS)),
        }
    )


def parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def timed(device: str, call) -> float:
    synchronise(device)
    started = time.perf_counter()
    call()
    synchronise(device)
    return time.perf_counter() - started


def synchronise(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
