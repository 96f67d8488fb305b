"""What records, probabilities and counts of the universe are also called."""

TOTAL_NAMES: dict[str, tuple[str, ...]] = {
    "record_bars_up": (
        "days so far in a up trend",
        "days so far in an uptrend/up trend",
        "days in an uptrend so far",
    ),
    "record_bars_down": (
        "days so far in a downtrend/down trend",
        "days in a downtrend so far",
    ),
    "record_bars_sideways": (
        "days so far in a sideways trend/market",
        "days in a sideways trend/market so far",
    ),
    "record_return_up": (
        "account 's/_ return so far in a/an up/uptrend/uptrends trend/_",
        "return of the account so far in a/an up/uptrend/uptrends trend/_",
        "account 's/_ return in a/an/_ up/uptrend/uptrends trend/_ so/_ far/_",
    ),
    "record_return_down": (
        "account 's/_ return so far in a/an down/downtrend/downtrends trend/_",
        "return of the account so far in a/an down/downtrend/downtrends trend/_",
        "account 's/_ return in a/an/_ down/downtrend/downtrends trend/_ so/_ far/_",
    ),
    "record_return_sideways": (
        "account 's/_ return so far in a/an sideways trend/market/trends/_",
        "return of the account so far in a/an sideways trend/market/trends/_",
        "account 's/_ return in a/an/_ sideways trend/market/trends/_ so/_ far/_",
    ),
    "record_market_up": (
        "market 's/_ return so far in a/an up/uptrend/uptrends trend/_",
        "return of the market so far in a/an up/uptrend/uptrends trend/_",
        "market 's/_ return in a/an/_ up/uptrend/uptrends trend/_ so/_ far/_",
    ),
    "record_market_down": (
        "market 's/_ return so far in a/an down/downtrend/downtrends trend/_",
        "return of the market so far in a/an down/downtrend/downtrends trend/_",
        "market 's/_ return in a/an/_ down/downtrend/downtrends trend/_ so/_ far/_",
    ),
    "record_market_sideways": (
        "market 's/_ return so far in a/an sideways trend/market/trends/_",
        "return of the market so far in a/an sideways trend/market/trends/_",
        "market 's/_ return in a/an/_ sideways trend/market/trends/_ so/_ far/_",
    ),
    "probability_sell": (
        "probability/chance/likelihood of/for/to a/an/_ sell/selling",
        "sell/selling probability",
        "p ( sell )",
        "probability that it sells",
    ),
    "probability_hold": (
        "probability/chance/likelihood of/for/to a/an/_ hold/holding",
        "hold/holding probability",
        "p ( hold )",
        "probability that it holds",
    ),
    "probability_buy": (
        "probability/chance/likelihood of/for/to a/an/_ buy/buying",
        "buy/buying probability",
        "p ( buy )",
        "probability that it buys",
    ),
    r"universe_return_(\d+)": (
        "median # day return",
        "median return over # days",
        "median/typical return of/over the last # days",
    ),
    "universe_volatility": (
        "median volatility",
        "median annualised/annualized volatility",
    ),
    "universe_rsi": (
        "median rsi",
        "median rsi ( # )",
    ),
    "universe_size": (
        "tickers in the universe",
        "size of the universe",
        "universe size",
    ),
    "universe_rising": (
        "rising tickers/stocks/names",
        "advancers",
        "tickers/stocks that rose",
        "gainers",
    ),
    "universe_falling": (
        "falling tickers/stocks/names",
        "decliners",
        "tickers/stocks that fell",
        "losers",
    ),
    "universe_overbought": ("overbought tickers/stocks/names",),
    "universe_oversold": ("oversold tickers/stocks/names",),
    "universe_trend_up": (
        "tickers/stocks/names in a/an/_ uptrend/uptrends",
        "uptrends",
        "uptrending tickers/stocks/names",
    ),
    "universe_trend_down": (
        "tickers/stocks/names in a/an/_ downtrend/downtrends",
        "downtrends",
    ),
    "universe_buy": (
        "buy decisions/signals",
        "decisions to buy",
    ),
    "universe_hold": (
        "hold decisions/signals",
        "decisions to hold",
    ),
    "universe_sell": (
        "sell decisions/signals",
        "decisions to sell",
    ),
}
"""By the pattern of a family, other names."""
