"""What everything in a comparison is called: in metrics, on plots, in sentences."""

HISTORICAL_VOLATILITY = "historical_volatility"
GARCH_T = "garch_t"
HAR = "har"
LIGHTGBM = "lightgbm"
YARDSTICKS = (HISTORICAL_VOLATILITY, GARCH_T, HAR, LIGHTGBM)

PPO = "ppo"

BUY_AND_HOLD = "buy_and_hold"
BUY_AND_HOLD_CAPPED = "buy_and_hold_capped"
MOMENTUM = "momentum"
AVERAGE_CROSS = "average_cross"
CASH = "cash"
RULES = (BUY_AND_HOLD_CAPPED, BUY_AND_HOLD, MOMENTUM, AVERAGE_CROSS, CASH)

LABELS = {
    "base": "Base model",
    "finetuned": "Fine-tuned models",
    PPO: "PPO trader",
    HISTORICAL_VOLATILITY: "Historical volatility",
    GARCH_T: "GARCH(1,1)-t",
    HAR: "HAR on ranges",
    LIGHTGBM: "LightGBM",
    BUY_AND_HOLD: "Buy-and-hold, all the money",
    BUY_AND_HOLD_CAPPED: "Buy-and-hold, same cap",
    MOMENTUM: "12-1 momentum",
    AVERAGE_CROSS: "Moving-average cross",
    CASH: "Cash",
}
ENSEMBLE = "_ensemble"


def ensemble_name(name: str) -> str:
    """What the mean forecast of all seeds of a model is called."""
    return f"{name}{ENSEMBLE}"


def is_ensemble(name: str) -> bool:
    """Whether a name is that of a mean over seeds: scored and traded, and never registered."""
    return name.endswith(ENSEMBLE)


def label(name: str) -> str:
    """The name as a reader sees it; a model without a label of its own is shown by its name."""
    if is_ensemble(name):
        return f"{label(name.removesuffix(ENSEMBLE))}, mean of seeds"
    return LABELS.get(name, name.replace("_", " ").capitalize())
