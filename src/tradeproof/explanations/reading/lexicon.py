# ruff: noqa: E501, RUF001 -- rows of words
"""The words of the field and what each says: quantities, states, actions, orders, directions, comparisons, reasons.

Phrases are written in a short form: words apart by blanks, alternatives apart by slashes, `_` for nothing, `#` for a
window, `'s` apart. Hyphens count as blanks. The longest phrase at a place wins.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from tradeproof.explanations.quantities import FAMILIES

Meaning = tuple[str, Any]
"""What kind of word it is, and what it says."""

FAMILY_NAMES: dict[str, tuple[str, ...]] = {
    r"return_(\d+)": (
        "# day gain/rise/increase/advance/loss/fall/decline/drop/decrease/slide",
        "# day/bar/session return/returns/performance/change/move/momentum",
        "return/returns/performance/change over/of/in/for/across the/_ last/past/previous/_ # _/trading days/bars/day/sessions",
        "# days return",
    ),
    r"overnight_gap": ("overnight/opening gap", "gap overnight", "gap at the open"),
    r"close_location": (
        "place/position/location of the close in/within the/its day 's range",
        "close/closing location",
        "place of the close",
        "close 's place in the day 's range",
        "position in/within the/its day 's range",
    ),
    r"volatility_regime_(\d+)": (
        "volatility against/relative/versus/vs to/_ its/the # day level/average/norm",
        "volatility ratio/regime",
        "ratio of volatility to its # day level",
        "volatility against/versus/relative to/_ its/the long level/_",
    ),
    r"volatility_level": (
        "annualised/annualized/annual/_ volatility",
        "annualised/annualized/annual figure/rate",
        "volatility level",
        "volatility a/per year",
    ),
    r"atr_percent_(\d+)": (
        "atr ( # )",
        "atr # ",
        "atr",
        "# day atr",
        "average true range over # days",
        "# day average true range",
        "average true range",
        "average true range ( # )",
    ),
    r"bar_range": ("day 's/_ range", "the day 's range", "daily range", "high low range", "range of the day"),
    r"parkinson_(\d+)": ("parkinson volatility", "# day parkinson volatility", "parkinson ( # )"),
    r"absolute_return_(\d+)": (
        "average daily move/moves over/of the/_ last/_ # days",
        "# day average daily move",
        "average daily move",
    ),
    r"largest_return_(\d+)": (
        "largest daily move in/over/of the/_ last/_ # days",
        "# day largest daily move",
        "largest daily move",
    ),
    r"downside_share_(\d+)": (
        "# day downside share",
        "downside share over # days",
        "share of downside variance over # days",
        "downside share",
    ),
    r"rsi_(\d+)": (
        "rsi",
        "rsi ( # )",
        "rsi #",
        "# day rsi",
        "# day relative strength index",
        "relative strength index",
        "relative strength index ( # )",
        "relative strength index ( rsi )",
        "relative strength",
    ),
    r"macd_histogram_\d+_\d+_\d+": (
        "macd histogram",
        "histogram of the macd",
        "macd 's histogram",
        "macd histogram ( # , # , # )",
        "macd ( # , # , # ) histogram",
        "macd histogram # / # / #",
        "histogram",
        "macd # / # / # histogram",
        "macd # # # histogram",
    ),
    r"macd_\d+_\d+": (
        "macd",
        "macd line",
        "macd ( # , # )",
        "macd ( # / # )",
        "macd # / #",
        "macd line ( # , # )",
        "macd ( # , # ) line",
    ),
    r"bollinger_position_(\d+)": (
        "bollinger position",
        "# day bollinger position",
        "position in/within/inside the/its # day/_ bollinger bands/band",
        "bollinger score",
        "position within the bands",
        "bollinger % b",
        "bollinger position ( # )",
        "place in/within the/its bollinger bands",
    ),
    r"bollinger_width_(\d+)": (
        "bollinger band/_ width",
        "# day bollinger band/_ width",
        "width of the bollinger bands",
        "band width",
        "bandwidth",
        "bollinger bandwidth",
    ),
    r"volume_ratio_(\d+)": (
        "volume ratio",
        "# day volume ratio",
        "volume against/versus/vs/relative to/_ its/the # day average/mean",
        "relative volume",
        "ratio of volume to its # day average",
        "volume ratio ( # )",
    ),
    r"volume_trend_(\d+)_\d+": ("# day volume trend", "volume trend"),
    r"average_distance_(\d+)": (
        "distance/gap to/from/of/between the/its # day moving/_ average",
        "distance to/from the/its sma ( # )",
        "distance of the close to/from the/its # day moving/_ average",
    ),
    r"high_distance_(\d+)": ("distance/gap to/from the/its # day high",),
    r"low_distance_(\d+)": ("distance/gap to/from the/its # day low",),
    r"drawdown_(\d+)": (
        "# day drawdown",
        "drawdown",
        "drawdown over # days",
        "drawdown from the/its # day high/peak",
        "drawdown from the/its high/peak",
        "drawdown from the/its high/peak of the/_ last/_ # days",
    ),
    r"surprise_(\d+)": ("# day surprise score", "# day surprise", "surprise score over # days", "surprise score"),
    r"season_day": ("seasonal score of/for the next day",),
    r"season_days": ("seasonal score of/for the next days",),
    r"season_week": ("seasonal score of/for the next week",),
    r"weekday": ("weekday", "the/_ day of the week"),
    r"month": ("month of the year", "calendar month", "season of the year"),
    r"days_since_bar": (
        "days/day since the/_ previous/last bar/session",
        "the days/day since the/_ previous/last bar/session",
        "gap since the previous bar",
    ),
    r"open": ("opening price", "the open", "open price", "open at/of", "opened at", "opens at", "open"),
    r"high": (
        "day 's high",
        "the day 's high",
        "the high",
        "daily high",
        "intraday high",
        "high of the day",
        "a/its high of",
    ),
    r"low": ("day 's low", "the day 's low", "the low", "daily low", "intraday low", "low of the day", "a/its low of"),
    r"close": (
        "close",
        "closing/last price",
        "price",
        "closed at",
        "closes at",
        "close price",
        "share price",
        "stock price",
        "closing level",
        "closed",
        "closes",
        "closing",
        "finished at",
        "ended at",
        "ended the day at",
        "trades at",
        "finished the day at",
        "settled at",
        "closing value",
        "price of the/_ stock/share",
    ),
    r"volume": ("volume", "trading volume", "turnover"),
    r"average_(\d+)": (
        "# day moving/_ average",
        "moving/_ average of/over the/_ last/past/_ # days/closes",
        "sma ( # )",
        "sma #",
        "# day sma",
        "# day mean",
        "# day simple moving average",
        "# day line",
        "# day ma",
        "ma ( # )",
        "moving average ( # )",
    ),
    r"high_(\d+)": (
        "# day high",
        "highest high of/in/over the/_ last/_ # days",
        "high of the/_ last/past/_ # days",
        "# day peak",
    ),
    r"low_(\d+)": (
        "# day low",
        "lowest low of/in/over the/_ last/_ # days",
        "low of the/_ last/past/_ # days",
        "# day trough",
    ),
    r"position": ("position", "share of equity held", "exposure", "position size", "current/held/present position"),
    r"target": ("target position", "target", "target weight", "target exposure", "target share"),
    r"entry_price": (
        "entry price",
        "average entry price",
        "entry",
        "entry level",
        "entered at",
        "bought at",
        "cost basis",
    ),
    r"unrealised_return": (
        "unrealised/unrealized/open return/profit/loss/gain/result",
        "the/an/its open return/profit/loss/gain/result",
        "unrealised/unrealized profit and/or loss",
        "paper gain/loss/profit",
        "return since entry",
        "profit/gain/return of the/its open position",
        "return on/of the position",
    ),
    r"bars_held": ("days held", "holding period", "bars held", "held for", "held since", "holding time"),
    r"account_drawdown": (
        "account/account's/_ drawdown of the account",
        "account 's/_ drawdown",
        "drawdown of the/its account",
    ),
    r"stop_price": (
        "stop price",
        "stop loss price",
        "stop level",
        "stop",
        "stop loss",
        "stop loss level",
        "protective stop",
        "stop loss at",
        "stop order",
    ),
    r"take_profit_price": (
        "take profit price",
        "profit target",
        "take profit level",
        "take profit",
        "profit target price",
        "target price",
        "price target",
    ),
    r"stop_loss": ("stop distance", "stop loss distance", "distance to/of the stop", "distance of the stop loss"),
    r"take_profit": ("take profit distance", "distance to/of the take profit"),
    r"record_bars_up": ("days so far in a up trend", "days so far in an uptrend/up trend", "days in an uptrend so far"),
    r"record_bars_down": ("days so far in a downtrend/down trend", "days in a downtrend so far"),
    r"record_bars_sideways": ("days so far in a sideways trend/market", "days in a sideways trend/market so far"),
    **{
        rf"record_return_{key}": (
            f"account 's/_ return so far in a/an {words}",
            f"return of the account so far in a/an {words}",
            f"account 's/_ return in a/an/_ {words} so/_ far/_",
        )
        for key, words in (
            ("up", "up/uptrend/uptrends trend/_"),
            ("down", "down/downtrend/downtrends trend/_"),
            ("sideways", "sideways trend/market/trends/_"),
        )
    },
    **{
        rf"record_market_{key}": (
            f"market 's/_ return so far in a/an {words}",
            f"return of the market so far in a/an {words}",
            f"market 's/_ return in a/an/_ {words} so/_ far/_",
        )
        for key, words in (
            ("up", "up/uptrend/uptrends trend/_"),
            ("down", "down/downtrend/downtrends trend/_"),
            ("sideways", "sideways trend/market/trends/_"),
        )
    },
    **{
        f"probability_{action}": (
            f"probability/chance/likelihood of/for/to a/an/_ {forms}",
            f"{forms} probability",
            f"p ( {action} )",
            f"probability that it {action}s",
        )
        for action, forms in (("sell", "sell/selling"), ("hold", "hold/holding"), ("buy", "buy/buying"))
    },
    r"universe_return_(\d+)": (
        "median # day return",
        "median return over # days",
        "median/typical return of/over the last # days",
    ),
    r"universe_volatility": ("median volatility", "median annualised/annualized volatility"),
    r"universe_rsi": ("median rsi", "median rsi ( # )"),
    r"universe_size": ("tickers in the universe", "size of the universe", "universe size"),
    r"universe_rising": ("rising tickers/stocks/names", "advancers", "tickers/stocks that rose", "gainers"),
    r"universe_falling": ("falling tickers/stocks/names", "decliners", "tickers/stocks that fell", "losers"),
    r"universe_overbought": ("overbought tickers/stocks/names",),
    r"universe_oversold": ("oversold tickers/stocks/names",),
    r"universe_trend_up": (
        "tickers/stocks/names in an/_ uptrend/uptrends",
        "uptrends",
        "uptrending tickers/stocks/names",
    ),
    r"universe_trend_down": ("tickers/stocks/names in a/_ downtrend/downtrends", "downtrends"),
    r"universe_buy": ("buy decisions/signals", "decisions to buy"),
    r"universe_hold": ("hold decisions/signals", "decisions to hold"),
    r"universe_sell": ("sell decisions/signals", "decisions to sell"),
}
"""By the pattern of a family, what its quantities are also called."""

STATE_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("rsi", "overbought"): ("overbought",),
    ("rsi", "oversold"): ("oversold",),
    ("trend", "up"): (
        "uptrend",
        "up trend",
        "trends up/upward/upwards",
        "trending up/upward/upwards/higher",
        "upward/rising/bullish trend",
        "trend is/was up/upward/upwards/bullish",
        "trend : up",
        "uptrending",
    ),
    ("trend", "down"): (
        "downtrend",
        "down trend",
        "trends down/downward/downwards",
        "trending down/downward/downwards/lower",
        "downward/falling/bearish trend",
        "trend is/was down/downward/downwards/bearish",
        "trend : down",
    ),
    ("trend", "sideways"): ("sideways", "trendless", "no clear trend", "range bound", "no trend", "without a trend"),
    ("volatility", "calm"): (
        "calm",
        "quiet market",
        "subdued/low/muted volatility",
        "volatility is/was low/subdued/muted",
    ),
    ("volatility", "turbulent"): (
        "turbulent",
        "turbulence",
        "elevated/high volatility",
        "volatility is/was high/elevated",
        "stormy",
    ),
    ("volatility", "normal"): (
        "normal/ordinary/usual/average volatility",
        "volatility is/was normal/ordinary/usual/average",
        "normal volatility regime",
        "volatility normal",
        "volatility : normal",
        "volatility regime is/was normal",
        "volatility that is/was normal",
    ),
    ("rsi", "neutral"): ("rsi in neutral territory", "neutral territory/zone/range/ground", "neutral"),
    ("bollinger", "above_upper_band"): (
        "above/over/beyond/outside the/its upper bollinger/_ band",
        "above the bollinger bands",
        "above the bands",
    ),
    ("bollinger", "below_lower_band"): (
        "below/under/beneath/beyond/outside the/its lower bollinger/_ band",
        "below the bollinger bands",
        "below the bands",
    ),
    ("bollinger", "inside_bands"): ("inside/within/between the/its/both bollinger/_ bands",),
    ("macd", "above_signal"): (
        "above the/its signal line/_",
        "over the/its signal line",
        "above signal",
        "bullish macd",
        "macd is bullish",
    ),
    ("macd", "below_signal"): (
        "below/under/beneath the/its signal line/_",
        "below signal",
        "bearish macd",
        "macd is bearish",
    ),
    ("macd", "at_signal"): ("at/on the/its signal line",),
    ("volume", "heavy"): (
        "heavy/strong/elevated/high trading/_ volume",
        "volume is/was heavy/elevated/high/strong",
        "heavily traded",
        "heavy trading",
        "volume : heavy",
        "volume heavy",
    ),
    ("volume", "light"): (
        "light/thin/low trading/_ volume",
        "volume is/was light/thin/low",
        "thin trading",
        "light trading",
        "volume : light",
        "volume light",
        "lightly traded",
    ),
    ("volume", "usual"): (
        "usual/normal/average/ordinary trading/_ volume",
        "volume is/was usual/normal/ordinary/average",
        "volume : usual",
        "volume as usual",
        "volume usual",
    ),
    ("position", "long"): (
        "is/was/were/being long",
        "a/the/its/existing long position",
        "long position",
        "already long",
        "long before",
        "position is/was long",
        "position : long",
        "held long",
        "holds a long position",
        "long exposure",
    ),
    ("position", "short"): (
        "is/was/were/being short",
        "a/the/its/existing short position",
        "short position",
        "already short",
        "short before",
        "position is/was short",
        "position : short",
        "held short",
        "short exposure",
    ),
    ("position", "flat"): (
        "account is/was flat",
        "flat position",
        "no position",
        "no open position",
        "not invested",
        "uninvested",
        "position is/was flat",
        "position : flat",
        "holds no position",
        "held no position",
        "holds/held nothing",
        "without a position",
        "no shares",
        "no exposure",
        "in cash",
        "is flat",
        "was flat",
        "being flat",
        "flat before",
    ),
    ("day", "up"): (
        "up day",
        "the day is/was up",
        "day of gains",
        "day up",
        "winning day",
        "closed higher",
        "closed up",
        "closes higher/up",
        "ended/finished higher",
        "rising day",
        "day : up",
        "day is/was up",
    ),
    ("day", "down"): (
        "down day",
        "the day is/was down",
        "day of losses",
        "day down",
        "losing day",
        "closed lower",
        "closed down",
        "closes lower/down",
        "ended/finished lower",
        "falling day",
        "day : down",
        "day is/was down",
    ),
    ("day", "flat"): (
        "unchanged",
        "flat day",
        "the day is/was flat",
        "closed flat",
        "closed unchanged",
        "day is/was flat",
        "ended/finished flat",
        "day : flat",
    ),
}
"""By state and word, how a text says it."""

HELD = "the/its/his/their/this/that/our/any/an/a/_ existing/open/current/held/_"
ORDER_WORDS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("open_long",),
        (
            "opens/opening/opened/open a/the/its/_ new/_ long position/_/exposure",
            "goes/going/went/go long",
            "enters/entering/entered/enter a/the/_ new/_ long position/_",
            "enters/entering/enter the market with a long position",
            "enters/entering/enter the market long",
            "opens/opening long",
            "takes/taking/took/take a/the/_ new/_ long position",
            "initiates/initiating/initiated a long position",
            "open long",
            "starts/starting a/_ long position",
            "establishes/establishing a long position",
        ),
    ),
    (
        ("open_short",),
        (
            "opens/opening/opened/open a/the/its/_ new/_ short position/_/exposure",
            "goes/going/went/go short",
            "enters/entering/entered/enter a/the/_ new/_ short position/_",
            "enters/entering/enter the market with a short position",
            "enters/entering/enter the market short",
            "opens/opening/open a short one",
            "sells/selling short",
            "takes/taking/took/take a/the/_ new/_ short position",
            "open short",
            "starts/starting a/_ short position",
        ),
    ),
    (
        ("close_long",),
        (
            f"closes/closing/closed/close/exits/exiting/exited/exit/liquidates/liquidating/liquidate {HELD} long position/exposure/_",
            "close long",
            "leaves/leaving/leave the/its long position for cash",
            "turns/turning the/its long position into cash",
            "sells/selling/sold/sell out of the long/_ position",
            "sells/selling/sold/sell the/its long position/_",
        ),
    ),
    (
        ("close_short",),
        (
            f"closes/closing/closed/close/covers/covering/covered/cover/exits/exiting/exited/exit {HELD} short position/exposure/_",
            "close short",
            "leaves/leaving/leave the/its short position for cash",
            "buys/buying back the short position/_",
        ),
    ),
    (
        ("close_long", "close_short"),
        (
            f"closes/closing/closed/close/exits/exiting/exited/exit/liquidates {HELD} position",
            "gets/getting/get out of the/its position/market",
            "goes/going/go to cash",
            "moves/moving to cash",
        ),
    ),
    (
        ("open_long", "open_short"),
        ("opens/opening/opened/open a/the/_ new/_ position", "enters/entering/enter a/the/_ new/_ position"),
    ),
    (
        ("reverse_to_long",),
        (
            "reverses/reversing/reversed/reverse to long",
            "reverses/reversing/reversed/reverse to a/the long position",
            "reverses/reversing/reverse from short to long",
            "turns/turning/flips/flipping/switches/switching/turn from short to long",
            "turns/turning the short position/_ into a long position/one",
            "reverses/reversing/reverse the/its short position to/into long/a long/_ position/_",
        ),
    ),
    (
        ("reverse_to_short",),
        (
            "reverses/reversing/reversed/reverse to short",
            "reverses/reversing/reversed/reverse to a/the short position",
            "reverses/reversing/reverse from long to short",
            "turns/turning/flips/flipping/switches/switching/turn from long to short",
            "turns/turning the long position/_ into a short position/one",
            "reverses/reversing/reverse the/its long position to/into short/a short/_ position/_",
        ),
    ),
    (
        ("keep_long",),
        (
            f"keeps/keeping/kept/keep/maintains/maintaining/maintain/holds/holding/hold/held/retains/retaining/retain {HELD} long position/exposure",
            "stays/staying/remains/remaining/stay/remain long",
            "keep long",
            "holds on to the/its long position",
            "sticks/sticking with the/its long position",
            "leaves/leaving the/its long position unchanged/untouched/_",
        ),
    ),
    (
        ("keep_short",),
        (
            f"keeps/keeping/kept/keep/maintains/maintaining/maintain/holds/holding/hold/held/retains/retaining/retain {HELD} short position/exposure",
            "stays/staying/remains/remaining/stay/remain short",
            "keep short",
            "leaves/leaving the/its short position unchanged/untouched/_",
        ),
    ),
    (
        ("keep_long", "keep_short"),
        (
            f"keeps/keeping/kept/keep/maintains/maintaining/maintain/retains/retaining/retain {HELD} position",
            "keeps/keeping/leaves/leaving the/its position unchanged",
            "holds/holding on to the/its position",
            "leaves/leaving the/its position as it is",
        ),
    ),
    (
        ("stay_flat",),
        (
            "stays/staying/stayed/stay/remains/remaining/remain flat/out/uninvested",
            "stays/staying/stayed/stay/remains/remaining/remain in cash",
            "stays/staying/stayed/stay/remains/remaining/remain out of the/this market/stock",
            "stay flat",
            "keeps/keeping out of the market",
            "stays/staying/remains/stay on the sidelines/sideline",
            "remains without a position",
            "stays/remain without a position",
            "keeps/keeping its/the cash",
            "stays/stay aside",
            "stands/stand aside",
        ),
    ),
    (
        ("keep_long", "keep_short", "stay_flat"),
        (
            "does/doing/do nothing",
            "places/placing/sends/gives/needs/issues no order",
            "no order is/was placed/sent/given/needed",
            "no new order",
            "no order follows",
            "makes/making no trade",
            "without an/a order/trade",
            "no trade",
            "changes/change nothing",
            "leaves the account as it is",
            "no order",
        ),
    ),
)
"""What a decision does to the account: the orders that make a phrase true."""

ACTION_WORDS: dict[str, str] = {
    "sell": "sell/sells/sold/selling",
    "hold": "hold/holds/held/holding",
    "buy": "buy/buys/bought/buying",
}

UP = "rose/rise/rises/rising/risen/gained/gain/gains/gaining/climbed/climb/climbs/climbing/increased/increase/increases/increasing/advanced/advance/advances/advancing/jumped/jump/jumps/jumping/rallied/rally/rallies/surged/surge/surges/soared/up/upward/upwards/added/grew/grown/improved/improve/improves/strengthened/strengthen/strengthens/recovered/rebounded/rebound/appreciated/picked/edged-up/bullish/won/profit/higher"
DOWN = "fell/fall/falls/falling/fallen/lost/lose/loses/losing/loss/losses/declined/decline/declines/declining/dropped/drop/drops/dropping/decreased/decrease/decreases/decreasing/slid/slide/slides/sliding/slipped/slip/slips/slipping/sank/sunk/sinks/plunged/plunge/plunges/plummeted/tumbled/tumble/down/downward/downwards/shed/retreated/retreat/weakened/weaken/weakens/deteriorated/crashed/bearish/depreciated/eased/lower"

CONSTANTS = frozenset({0.0, 1.0, 30.0, 50.0, 70.0, 100.0})
"""Levels of the field that are no readings."""

PLAIN: tuple[tuple[str, Any, str], ...] = (
    ("direction", 1, UP),
    ("direction", -1, DOWN),
    ("sign", 1, "positive/positively"),
    ("sign", -1, "negative/negatively"),
    ("compare", 1, "above/over/exceeds/exceed/exceeded/exceeding/topped/tops"),
    ("compare", -1, "below/under/beneath/underneath"),
    ("compare", 1, "higher/greater/more/larger/bigger/stronger than"),
    ("compare", -1, "lower/less/smaller/weaker/fewer than"),
    ("compare", -1, "short of"),
    ("compare", 2, "at least"),
    ("compare", 2, "at/_ or/no above/less/more_than than/_"),
    ("compare", -2, "at most"),
    ("compare", -2, "no more than"),
    ("compare", 2, "no less than"),
    ("compare", 2, "at or above"),
    ("compare", -2, "at or below"),
    ("compare", -2, "not more than"),
    ("near", 0, "near/nearly_at"),
    ("near", 0, "close to"),
    ("beyond", -1, "or/and below/lower/less/under/down/beneath"),
    ("beyond", 1, "or/and above/higher/more/over/up/beyond"),
    ("beyond", -1, "and anything/everything below"),
    ("beyond", 1, "and anything/everything above"),
    ("beyond", -1, "from there/here/that_point on/_ down/downwards/downward/lower"),
    ("beyond", 1, "from there/here/that_point on/_ up/upwards/upward/higher"),
    ("exactly", 0, "exactly/precisely"),
    ("rough", 0, "about/around/roughly/approximately/some/circa/almost/nearly"),
    ("not", 0, "not/n't/isn't/wasn't/aren't/doesn't/didn't/don't/weren't/hasn't/cannot/never/neither/nor/no/without/none/hardly"),
    ("not", 0, "no longer/more"),
    ("not", 0, "far from"),
    ("skip", 0, "not only"),
    ("would", 0, "would/wouldn't/flip/flips/flipping/switch/switches/switching/counterfactual/otherwise"),
    ("would", 0, "turns/turn/change/changes/moves to/into"),
    ("would", 0, "tips/tip/tipped/tipping"),
    ("unmoved", 0, "no single quantity/indicator/reading/feature/number/one/change/value"),
    ("unmoved", 0, "no one/_ quantity/indicator/reading/feature/number alone"),
    ("unmoved", 0, "no counterfactual"),
    ("instead", 0, "instead of"),
    ("instead", 0, "rather than"),
    ("instead", 0, "now/currently/presently/actually/actual/today"),
    ("today", 0, "today/now"),
    ("today", 0, "this/the day/session"),
    ("on_day", 0, "on/for/over/during/within the day/session"),
    ("on_day", 0, "that/this day/session"),
    ("on_day", 0, "in one day/session"),
    ("on_day", 0, "since the/_ previous close/day"),
    ("on_day", 0, "from the previous close/day"),
    ("over", 0, "over/in/during/across/within/for/through the/_ last/past/previous/prior/trailing/_ # _/trading days/sessions/bars"),
    ("over", 0, "over/in/during/on/for the/_ last/past/previous # _/trading day/session"),
    ("over", 0, "over/in/within # _/trading day/session"),
    ("over", 0, "# day basis/window/horizon/period"),
    ("over", 0, "than # days ago/before/earlier"),
    ("over", 0, "last/past # _/trading days/sessions/bars"),
    ("over", 0, "since # days ago"),
    ("future", 0, "will/tomorrow/shall/won't/going_to/upcoming/soon/forthcoming"),
    ("future", 0, "next day/week/month/days/weeks/months/year/session/sessions/# days/_"),
    ("future", 0, "is/are expected/likely/bound/set/about/poised to"),
    ("future", 0, "expect/expects/forecast/forecasts/predicts/predict/outlook/anticipates"),
    ("extreme", 1, "highest/strongest/largest/best/biggest/greatest"),
    ("extreme", -1, "lowest/weakest/smallest/worst/least"),
    ("extreme", 1, "the higher/stronger/larger/greater/better/bigger"),
    ("extreme", -1, "the lower/weaker/smaller/worse"),
    ("skip", 0, "next open/opening"),
    ("skip", 0, "at/for/with the next open/bar/opening"),
    ("skip", 0, "at the/this/that close"),
    ("skip", 0, "on/at the/_ open"),
    ("topic", "trend", "trend/trends"),
    ("compare", 1, "outnumber/outnumbers/outnumbered"),
    ("skip", 0, "so far"),
    ("skip", 0, "of course"),
    ("skip", 0, "more or less"),
    ("skip", 0, "above all"),
    ("skip", 0, "over/above the/that/this/these all"),
    ("skip", 0, "set/sets/setting up/against"),
    ("skip", 0, "adds/add/adding/makes/made up to"),
    ("advice", 0, "you/investors/traders/readers/one should/could/can/may/might/must/ought"),
    ("advice", 0, "we/i recommend/suggest/advise"),
    ("advice", 0, "recommended/advisable/must buy/sell/_"),
    ("advice", 0, "consider buying/selling/holding"),
    ("honest", 0, "facts/sheet/data/snapshot/prompt/record/they do/does/did/can not/cannot tell/say/show/give/name/hold/contain/include/cover/list/reveal/state/mention/speak/know"),
    ("honest", 0, "facts/sheet/data/snapshot/prompt/they cannot/don't/doesn't tell/say/show/give/name/hold/contain/include/cover/list/reveal/state/mention/speak/know"),
    ("honest", 0, "facts/sheet/data/snapshot/prompt hold/holds/tell/tells/say/says/give/gives/name/names/show/shows/contain/contains no/nothing/neither"),
    ("honest", 0, "is/are/was/were not known/told/given/available/listed/recorded/included/knowable"),
    ("honest", 0, "isn't/aren't known/told/given/available/listed/recorded/included/knowable"),
    ("honest", 0, "is/are unknown"),
    ("more", 1, "more"),
    ("more", -1, "fewer"),
    ("honest", 0, "not in/among/part_of the/these facts/data/sheet"),
    ("honest", 0, "no information/reading/word/data/facts about/on/for/of"),
    ("honest", 0, "cannot be told/said/known/answered/verified/judged/checked"),
    ("honest", 0, "cannot tell/say/know/answer/judge"),
    ("honest", 0, "can not tell/say/know/answer/judge"),
    ("honest", 0, "nothing in the facts"),
    ("honest", 0, "nobody/no_one knows/can_know"),
    ("honest", 0, "no forecast/prediction/advice"),
    ("honest", 0, "not/n't a/_ forecast/prediction/advice/recommendation"),
    ("honest", 0, "neither advice/forecast/a nor/_ forecast/advice/_"),
    ("log_odds", 0, "log odds/odd"),
    ("log_odds", 0, "attribution/attributions/contribution/contributions/contributed/contributes/contributing/weight/weighs/weighed/logit"),
    ("level", 0, "level/threshold/mark/line/limit/boundary/border/zone"),
    ("tickers", 0, "tickers/stocks/names/symbols/shares_of_companies/series/instruments/ticker/markets"),
    ("between", 0, "between"),
    ("gap", 0, "gap/difference/spread/distance"),
    ("by", 0, "by"),
    ("to", 0, "to"),
    ("from", 0, "from"),
    ("probability", 0, "probability/chance/likelihood"),
    ("probabilities", 0, "probabilities/chances"),
    ("odds", 0, "confidence/odds"),
    ("respectively", 0, "respectively"),
    ("it", 0, "it/its/which/that/this/they/them/their"),
    ("stock", 0, "stock/share/index/market/security/instrument"),
    ("and", 0, "and/or/plus/as_well_as/&"),
    ("break", 0, "but/while/whereas/although/though/however/yet/because/since/as/so/hence/therefore/when/where/still"),
    ("is", 0, "is/was/are/were/stands/stood/reads/sits/at/of/equals/being/be/been/comes/came/amounts/amounted/reached/reaches/shows/showed/measures/measured/has/had_been/has_been/with"),
    ("word", 0, "the/a/an/in/for/on/by_far/just/only/still/even/also/very"),
    ("unit", "percent", "%/percent/pct"),
    ("unit", "percent", "per cent"),
    ("unit", "percentage_points", "percentage/percent point/points"),
    ("unit", "percentage_points", "per cent points"),
    ("unit", "percentage_points", "pp/ppts"),
    ("unit", "points", "points/point"),
    ("unit", "times", "times/x/×/fold"),
    ("unit", "atr", "atr/atrs"),
    ("unit", "atr", "average true ranges/range"),
    ("unit", "bands", "band/bands"),
    ("unit", "bands", "band widths/width"),
    ("unit", "bands", "half widths/width"),
    ("unit", "days", "days/day/bars/bar/sessions/session"),
    ("unit", "days", "trading days/day"),
    ("unit", "shares", "shares"),
    ("unit", "price", "dollars/dollar/usd/euros/eur"),
    ("unit", "price", "currency units"),
    ("unit", "other", "bp/bps/weeks/months/years/hours/minutes/week/month/year"),
    ("unit", "other", "basis points"),
    ("multiple", 1e3, "thousand"),
    ("multiple", 1e6, "million/mn"),
    ("multiple", 1e9, "billion/bn"),
    ("count", 0, "actions/others/dates/moments/closes/reasons/drivers/arguments/factors/things/indicators/quantities/points_in_favour/reason/driver"),
    ("driver", (1, "all"), "main/chief/primary/principal/leading/key/biggest/strongest/top/weightiest/largest/foremost/first/most_important reason/driver/factor/argument/support/argument_for/cause for/_"),
    ("driver", (1, "all"), "mainly/chiefly/primarily/mostly/above_all because/on/driven/due/rests/supported/by of/by/to/_ on/_"),
    ("driver", (1, "all"), "because of/_"),
    ("driver", (1, "after"), "driven/supported/backed/favoured/favored/motivated/justified/carried by"),
    ("driver", (1, "after"), "rests/rested/based/relies/relied/leans/leaned/built/builds mainly/mostly/chiefly/_ on"),
    ("driver", (1, "before"), "supports/supported/support/supporting/favours/favoured/favour/favors/favored/favor/backs/backed/back/favouring/favoring"),
    ("driver", (1, "before"), "speaks/spoke/speak/speaking/argues/argued/argue/arguing/counts/counted/count/counting/weighs/weighed/pulls/pulled for/toward/towards/in_favour"),
    ("driver", (1, "before"), "in favour/favor of/_"),
    ("driver", (1, "before"), "pushes/pushed/pushing/push/tilts/tilted toward/towards it/the/_"),
    ("driver", (-1, "before"), "speaks/spoke/speak/speaking/argues/argued/argue/arguing/counts/counted/count/counting/weighs/weighed/weigh/weighing/pulls/pulled/works/worked/pushes/pushed/stands/stood against"),
    ("driver", (-1, "before"), "opposes/opposed/oppose/opposing/contradicts/contradicted/contradict"),
    ("driver", (-1, "after"), "main/strongest/chief/biggest/weightiest/first/_ counterargument/objection/counter"),
    ("driver", (-1, "after"), "main/strongest/chief/biggest/weightiest/first/_ counter argument/weight"),
    ("driver", (-1, "after"), "main/strongest/chief/biggest/weightiest/first/_ argument/reason/point/evidence against"),
    ("driver", (-1, "after"), "against it/that/this/them/the_decision/the_action"),
    ("driver", (1, "after"), "for/behind it/that/this/the_decision/the_action :"),
    ("driver", (-1, "after"), "despite"),
    ("driver", (1, "after"), "reason/reasons/driver/drivers/argument/arguments for/behind/_ it/_"),
    ("driver", (1, "after"), "cause/causes"),
    ("word", 0, "weight of/in the argument"),
    ("rank", 1, "main/mainly/chief/chiefly/primary/primarily/principal/leading/biggest/strongest/top/weightiest/largest/foremost/mostly/most"),
    ("rank", 2, "second/secondly"),
    ("rank", 3, "third/thirdly"),
    ("news", 0, "earnings/revenue/revenues/dividend/dividends/fed/analyst/analysts/upgrade/upgraded/downgrade/downgraded/news/merger/acquisition/guidance/announcement/announced/announcing/ceo/inflation/rumour/rumours/rumor/rumors/headline/headlines/sentiment/lawsuit/product/management/quarter/quarterly/gdp/fomc/central/buyback/ipo/sector/competitor/competitors/valuation/fundamentals/insider/insiders/institutional/media/economy/economic/geopolitical/tariff/tariffs/ratings/rating/report/reports/demand/supply/customers/sales/profits/ebitda/eps"),
    ("news", 0, "federal reserve"),
    ("news", 0, "interest rate/rates"),
    ("strange", 0, "stochastic/stochastics/adx/cci/obv/vwap/fibonacci/ichimoku/aroon/williams/sharpe/beta/alpha/mfi/ema/keltner/donchian/psar/supertrend/trix/vix/gamma/delta/hurst"),
    ("strange", 0, "golden/death cross"),
    ("strange", 0, "buying/selling/buy/sell pressure/off"),
    ("baseline", 0, "its/the/_ # day level/norm"),
    ("baseline", 0, "its average/mean/norm/usual_level"),
    ("returns", 0, "return/returns/performance"),
    ("pointer", 1, "points/point/pointing/pointed up/upward/upwards"),
    ("pointer", -1, "points/point/pointing/pointed down/downward/downwards"),
    ("baseline", 0, "its/the # day average volume/volatility"),
    ("baseline", 0, "its/the long level/run_level"),
    ("strange", 0, "head and shoulders"),
    ("strange", 0, "money flow/_ index/_"),
    ("strange", 0, "on balance volume"),
    ("strange", 0, "momentum/crossover/divergence/breakout/breakdown/pullback/correction/reversal/support_level/resistance"),
    ("weekday", 0, "monday/mondays"), ("weekday", 1, "tuesday/tuesdays"), ("weekday", 2, "wednesday/wednesdays"),
    ("weekday", 3, "thursday/thursdays"), ("weekday", 4, "friday/fridays"), ("weekday", 5, "saturday"), ("weekday", 6, "sunday"),
    ("month", 1, "january/jan"), ("month", 2, "february/feb"), ("month", 3, "march"), ("month", 4, "april/apr"),
    ("month", 5, "may_month"), ("month", 6, "june/jun"), ("month", 7, "july/jul"), ("month", 8, "august/aug"),
    ("month", 9, "september/sep/sept"), ("month", 10, "october/oct"), ("month", 11, "november/nov"), ("month", 12, "december/dec"),
)  # fmt: skip
"""Kind, what it says, words."""

MOMENTS = (
    "yesterday", "the day before", "a day earlier/ago/before", "previous/prior day/session/bar", "last week/month/year",
    "a/one week/month/year/quarter earlier/ago/before", "# days/weeks/months/years earlier/ago/before",
    "# weeks/months/years ago",
)  # fmt: skip
"""Words for other dates; they say nothing where the facts give them no date."""

Trie = dict[str, Any]
END = "\0"


def spellings(phrase: str) -> Iterator[list[str]]:
    """Every sequence of words that a phrase in short form stands for."""
    slots = [
        [part.replace("_", " ").split() if part != "_" else [] for part in slot.split("/")]
        for slot in phrase.replace("# / #", "# SLASH #").replace("# / #", "# SLASH #").split()
    ]
    for choice in product(*slots):
        yield ["/" if word == "SLASH" else word for part in choice for word in part]


def plant(trie: Trie, phrase: str, meaning: Meaning, keep: bool = False) -> None:
    """Put a phrase into a trie; later ones win, unless the trie's own is to be kept."""
    for words in spellings(phrase):
        node = trie
        for word in words:
            node = node.setdefault(word, {})
        if words and not (keep and END in node):
            node[END] = meaning


@cache
def vocabulary() -> Trie:  # noqa: C901
    """The trie of all words that do not depend on the facts."""
    trie: Trie = {}
    for kind, says, words in PLAIN:
        plant(trie, words.replace("%", "%"), (kind, says))
    for action, words in ACTION_WORDS.items():
        plant(trie, words, ("action", action))
    for family in FAMILIES:
        for name in (family.label, *family.names):
            if family.pattern.startswith("universe") and " " not in name:
                continue  # "buys" is first of all what a policy does
            plant(trie, _words_of(name), ("quantity", family.pattern))
    for pattern, names in FAMILY_NAMES.items():
        for name in names:
            plant(trie, name, ("quantity", pattern))
            if name[-1].isalpha() and name[-1] != "s":
                plant(trie, f"{name}s", ("quantity", pattern), keep=True)
    for state, phrases in STATE_WORDS.items():
        for phrase in phrases:
            plant(trie, phrase, ("state", state))
    for orders, phrases in ORDER_WORDS:
        for phrase in phrases:
            plant(trie, phrase, ("order", orders))
    for phrase in MOMENTS:
        plant(trie, phrase, ("moment", None))
    return trie


def _words_of(name: str) -> str:
    """A family's name in short form."""
    plain = name.lower().replace("{n}", "#").replace("'s", " 's").replace("(", " ( ").replace(")", " ) ")
    return plain.replace("-", " ")
