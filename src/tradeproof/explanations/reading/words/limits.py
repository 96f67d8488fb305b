"""What the facts never tell: the future, advice, news, indicators of others; and words that say so."""

from typing import Any

LIMITS: tuple[tuple[str, Any, str], ...] = (
    ("future", 0, "will/tomorrow/shall/won't/going_to/upcoming/soon/forthcoming"),
    ("future", 0, "next day/week/month/days/weeks/months/year/session/sessions/# days/_"),
    ("future", 0, "is/are expected/likely/bound/set/about/poised to"),
    ("future", 0, "expect/expects/forecast/forecasts/predicts/predict/outlook/anticipates"),
    ("advice", 0, "you/investors/traders/readers/one should/could/can/may/might/must/ought"),
    ("advice", 0, "we/i recommend/suggest/advise"),
    ("advice", 0, "recommended/advisable/must buy/sell/_"),
    ("advice", 0, "time/moment/opportunity/chance to buy/sell/hold"),
    ("advice", 0, "is a/_ clear/strong/good/great/sure/_ buy/sell"),
    ("advice", 0, "buy/sell/hold now/immediately"),
    ("advice", 0, "consider buying/selling/holding"),
    (
        "honest",
        0,
        "facts/sheet/data/snapshot/prompt/record/they do/does/did/can not/cannot tell/say/show/give/name/"
        "hold/contain/include/cover/list/reveal/state/mention/speak/know",
    ),
    (
        "honest",
        0,
        "facts/sheet/data/snapshot/prompt/they cannot/don't/doesn't tell/say/show/give/name/hold/contain/"
        "include/cover/list/reveal/state/mention/speak/know",
    ),
    (
        "honest",
        0,
        "facts/sheet/data/snapshot/prompt hold/holds/tell/tells/say/says/give/gives/name/names/show/shows/"
        "contain/contains no/nothing/neither",
    ),
    ("honest", 0, "is/are/was/were not known/told/given/available/listed/recorded/included/knowable"),
    ("honest", 0, "isn't/aren't known/told/given/available/listed/recorded/included/knowable"),
    ("honest", 0, "is/are unknown"),
    ("honest", 0, "not in/among/part_of the/these facts/data/sheet"),
    ("honest", 0, "no information/reading/word/data/facts about/on/for/of"),
    ("honest", 0, "cannot be told/said/known/answered/verified/judged/checked"),
    ("honest", 0, "cannot tell/say/know/answer/judge"),
    ("honest", 0, "can not tell/say/know/answer/judge"),
    ("honest", 0, "nothing in the facts"),
    ("honest", 0, "nobody/no_one knows/can_know"),
    ("honest", 1, "no forecast/prediction/advice"),
    ("honest", 1, "not/n't a/_ forecast/prediction/advice/recommendation"),
    ("honest", 1, "neither advice/forecast/a nor/_ forecast/advice/_"),
    (
        "news",
        0,
        "earnings/revenue/revenues/dividend/dividends/fed/analyst/analysts/upgrade/upgraded/downgrade/"
        "downgraded/news/merger/acquisition/guidance/announcement/announced/announcing/ceo/inflation/rumour/"
        "rumours/rumor/rumors/headline/headlines/sentiment/lawsuit/product/management/quarter/quarterly/gdp/"
        "fomc/central/buyback/ipo/sector/competitor/competitors/valuation/fundamentals/insider/insiders/"
        "institutional/media/economy/economic/geopolitical/tariff/tariffs/ratings/rating/report/reports/"
        "demand/supply/customers/sales/profits/ebitda/eps",
    ),
    ("news", 0, "federal reserve"),
    ("news", 0, "interest rate/rates"),
    (
        "strange",
        0,
        "stochastic/stochastics/adx/cci/obv/vwap/fibonacci/ichimoku/aroon/williams/sharpe/beta/alpha/mfi/ema/"
        "keltner/donchian/psar/supertrend/trix/vix/gamma/delta/hurst",
    ),
    ("strange", 0, "golden/death cross"),
    ("strange", 0, "buying/selling/buy/sell pressure/off"),
    ("strange", 0, "head and shoulders"),
    ("strange", 0, "money flow/_ index/_"),
    ("strange", 0, "on balance volume"),
    (
        "strange",
        0,
        "momentum/crossover/divergence/breakout/breakdown/pullback/correction/reversal/support_level/resistance",
    ),
)
"""Kind, what it says, words. An honest 1 speaks of its own clause alone: of "X, which is no forecast" X is said."""
