"""The served price model: raw bars in, the forecast of each ticker's last bar out.

MLflow stores this file beside the weights and runs it to load the model (models-from-code), so nothing is unpickled.
"""

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from tradeproof.data.bars import tidy_bars
from tradeproof.errors import DataError
from tradeproof.features.contract import FeatureContract
from tradeproof.features.table import build_table
from tradeproof.forecasting.artifact import load_forecaster
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.runtime.files import read_json

ARTIFACT = "forecaster"


class PriceModel(PythonModel):
    """Forecasts from bars, by the feature contract that the artifact carries."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read weights and contract; refuses weights that were trained with another contract."""
        folder = Path(context.artifacts[ARTIFACT])
        self._contract = FeatureContract.from_dict(read_json(folder / "contract.json"))
        self._forecaster = load_forecaster(folder, self._contract)

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG002
        """Forecast the last bar of each ticker.

        Args:
            context: Not used; the artifact was read once.
            model_input: Bars in long form: ticker, date, open, high, low, close, volume; adjusted for splits, enough
                of them for a full history.

        Returns:
            Forecast frame: ticker, date (the last bar known), horizon in bars, and one column per quantile level
            with the log return from that close to the close `horizon` bars later.

        Raises:
            DataError: A ticker's last bar has no full history.
        """
        bars = tidy_bars(model_input)
        return pd.concat([self._last_forecast(rows) for _, rows in bars.groupby("ticker")], ignore_index=True)

    def _last_forecast(self, bars: pd.DataFrame) -> pd.DataFrame:
        table = build_table(bars.reset_index(drop=True), self._contract.params)
        last = table.iloc[-1]
        if not last["ready"]:
            raise DataError(
                f"{last['ticker']} has {len(table)} bars up to {last['date']:%Y-%m-%d}, too few for a full history; "
                f"expected more than {self._contract.warm_up} bars with prices that move"
            )
        return forecast_table(self._forecaster, table, self._contract, start=last["date"])


set_model(PriceModel())
