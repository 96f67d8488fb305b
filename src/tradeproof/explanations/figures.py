"""Quantities beside the observed ones: prices and levels, the account, its record, the universe on a date."""

from tradeproof.explanations.family import Family

FIGURES: tuple[Family, ...] = (
    # prices and levels, currency units
    Family(r"open", "open", ("opening price",), "price", 2),
    Family(r"high", "high", ("day's high",), "price", 2),
    Family(r"low", "low", ("day's low",), "price", 2),
    Family(r"close", "close", ("closing price", "price"), "price", 2),
    Family(r"volume", "volume", ("trading volume",), "shares", 0),
    Family(
        r"average_(\d+)",
        "{n}-day average",
        ("{n}-day moving average", "average of {n} days", "SMA({n})"),
        "price",
        2,
    ),
    Family(r"high_(\d+)", "{n}-day high", ("highest high of {n} days",), "price", 2),
    Family(r"low_(\d+)", "{n}-day low", ("lowest low of {n} days",), "price", 2),
    # the account and the decision
    Family(r"position", "position", ("share of equity held",), "percent", 1, signed=True),
    Family(r"target", "target position", ("target",), "percent", 1, signed=True),
    Family(r"entry_price", "entry price", ("average entry price",), "price", 2),
    Family(r"unrealised_return", "unrealised return", ("open profit", "unrealized return"), "percent", 2, signed=True),
    Family(r"bars_held", "days held", ("holding period",), "bars", 0),
    Family(r"account_drawdown", "account drawdown", ("drawdown of the account",), "percent", 2),
    Family(r"stop_price", "stop price", ("stop-loss price", "stop level", "stop"), "price", 2),
    Family(
        r"take_profit_price", "take-profit price", ("profit target", "take-profit level", "take-profit"), "price", 2
    ),
    Family(r"stop_loss", "stop distance", ("stop-loss distance",), "percent", 2),
    Family(r"take_profit", "take-profit distance", (), "percent", 2),
    Family(r"probability_sell", "probability of sell", ("probability of selling", "sell probability"), "percent", 1),
    Family(r"probability_hold", "probability of hold", ("probability of holding", "hold probability"), "percent", 1),
    Family(r"probability_buy", "probability of buy", ("probability of buying", "buy probability"), "percent", 1),
    # what the policy's account did so far, by the trend that a bar began in
    *(
        family
        for trend, called in (("up", "an uptrend"), ("down", "a downtrend"), ("sideways", "a sideways trend"))
        for family in (
            Family(rf"record_bars_{trend}", f"days so far in {called}", (), "count", 0),
            Family(rf"record_return_{trend}", f"account's return so far in {called}", (), "percent", 2, signed=True),
            Family(rf"record_market_{trend}", f"market's return so far in {called}", (), "percent", 2, signed=True),
        )
    ),
    # the universe on a date
    Family(r"universe_size", "tickers in the universe", ("tickers",), "count", 0),
    Family(r"universe_rising", "rising tickers", ("tickers that rose", "advancers"), "count", 0),
    Family(r"universe_falling", "falling tickers", ("tickers that fell", "decliners"), "count", 0),
    Family(r"universe_return_(\d+)", "median {n}-day return", (), "percent", 2, signed=True),
    Family(r"universe_volatility", "median annualised volatility", ("median volatility",), "percent", 1),
    Family(r"universe_rsi", "median RSI", (), "points", 1),
    Family(r"universe_overbought", "overbought tickers", (), "count", 0),
    Family(r"universe_oversold", "oversold tickers", (), "count", 0),
    Family(r"universe_trend_up", "tickers in an uptrend", ("uptrends",), "count", 0),
    Family(r"universe_trend_down", "tickers in a downtrend", ("downtrends",), "count", 0),
    Family(r"universe_buy", "buy decisions", ("buys",), "count", 0),
    Family(r"universe_hold", "hold decisions", ("holds",), "count", 0),
    Family(r"universe_sell", "sell decisions", ("sells",), "count", 0),
)
