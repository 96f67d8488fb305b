# ruff: noqa: RUF001 -- typography of texts
"""True texts about four given sets of facts, written by hand in many manners of speech, before any writer existed."""

from tradeproof.explanations.facts import Counterfactual, Driver, Facts, Snapshot, alone
from tradeproof.explanations.states import states_of

AAA_READINGS = {
    "open": 1296.0, "high": 1308.4, "low": 1291.25, "close": 1302.5, "volume": 3_245_000.0,
    "return_1": 0.52, "return_5": 0.8, "return_20": -2.31, "return_60": 4.1, "overnight_gap": 0.02,
    "close_location": 66.0, "volatility_regime_250": 0.95, "volatility_level": 15.2, "atr_percent_14": 1.42,
    "rsi_14": 61.24, "macd_12_26": 0.31, "macd_histogram_12_26_9": -0.12, "bollinger_position_20": -0.21,
    "bollinger_width_20": 6.4, "volume_ratio_20": 1.31, "average_20": 1310.0, "average_50": 1333.2,
    "average_200": 1273.1, "average_distance_20": -0.57, "average_distance_50": -2.3, "average_distance_200": 2.31,
    "high_20": 1343.3, "low_20": 1280.0, "high_distance_20": -3.04, "low_distance_20": 1.76, "drawdown_250": 3.04,
    "position": 0.0, "target": 30.0, "probability_sell": 8.7, "probability_hold": 30.1, "probability_buy": 61.2,
    "account_drawdown": 1.2, "stop_loss": 2.0, "stop_price": 1276.45,
}  # fmt: skip
AAA = Snapshot(
    "AAA", "2015-12-31", "buy", "open_long", AAA_READINGS, states_of(AAA_READINGS),
    (Driver("rsi_14", 0.42), Driver("return_20", 0.31), Driver("macd_histogram_12_26_9", -0.12)),
    Counterfactual("rsi_14", 55.1, "hold", True),
)  # fmt: skip
BBB_READINGS = {
    "close": 48.2, "return_1": -1.84, "return_5": -6.2, "return_20": -11.05, "return_60": -18.4, "rsi_14": 24.6,
    "volatility_regime_250": 1.62, "volatility_level": 41.3, "volume_ratio_20": 2.4, "macd_histogram_12_26_9": -0.44,
    "bollinger_position_20": -1.32, "average_20": 52.0, "average_50": 55.1, "average_200": 60.4,
    "average_distance_50": -12.52, "drawdown_250": 31.7, "position": 29.4, "entry_price": 50.1,
    "unrealised_return": -3.79, "bars_held": 12.0, "probability_sell": 72.4, "probability_hold": 20.0,
    "probability_buy": 7.6,
}  # fmt: skip
BBB = Snapshot(
    "BBB", "2015-12-31", "sell", "close_long", BBB_READINGS, states_of(BBB_READINGS),
    (Driver("drawdown_250", 0.88), Driver("return_5", 0.35), Driver("rsi_14", -0.52)),
    Counterfactual("drawdown_250", 22.5, "hold", False),
)  # fmt: skip
CCC_READINGS = {
    "close": 210.4, "return_1": 1.1, "return_20": 7.9, "rsi_14": 74.3, "volatility_regime_250": 0.71,
    "volatility_level": 9.8, "volume_ratio_20": 0.55, "macd_histogram_12_26_9": 0.2, "bollinger_position_20": 1.12,
    "average_50": 201.3, "average_200": 190.0, "average_distance_50": 4.52, "position": 30.4, "bars_held": 7.0,
    "unrealised_return": 2.6, "probability_sell": 10.5, "probability_hold": 55.0, "probability_buy": 34.5,
}  # fmt: skip
CCC = Snapshot(
    "CCC", "2015-12-31", "hold", "keep_long", CCC_READINGS, states_of(CCC_READINGS),
    (Driver("return_20", 0.25), Driver("rsi_14", 0.2), Driver("bollinger_position_20", -0.3)), None,
)  # fmt: skip
EARLIER_READINGS = AAA_READINGS | {"close": 1295.8, "return_1": -0.4, "rsi_14": 57.3, "return_20": -3.0}
EARLIER = Snapshot(
    "AAA", "2015-12-30", "hold", "stay_flat", EARLIER_READINGS, states_of(EARLIER_READINGS),
    (Driver("return_20", -0.2),), None,
)  # fmt: skip
UNIVERSE = {
    "universe_size": 30.0, "universe_rising": 12.0, "universe_falling": 17.0, "universe_return_20": -1.4,
    "universe_volatility": 18.3, "universe_rsi": 47.2, "universe_overbought": 2.0, "universe_oversold": 4.0,
    "universe_trend_up": 11.0, "universe_trend_down": 9.0, "universe_buy": 6.0, "universe_hold": 20.0,
    "universe_sell": 4.0,
}  # fmt: skip

ONE, FALL, CALM = alone(AAA), alone(BBB), alone(CCC)
PAIR = Facts((AAA, EARLIER), {"yesterday": "2015-12-30"}, {})
MARKET = Facts((AAA, BBB, CCC), {}, UNIVERSE)

TRUE_TEXTS = (
    (ONE, "On 2015-12-31 the policy buys AAA with a probability of 61.2 %."),
    (ONE, "AAA closed at 1,302.50 on December 31, 2015, up 0.52 percent on the day."),
    (ONE, "RSI(14) reads 61, so the stock is neither overbought nor oversold."),
    (ONE, "The 14-day RSI of 61.2 is 8.8 points below the overbought level of 70 (70 - 61.2 = 8.8)."),
    (ONE, "The close (1,302.5) is about 2.3 per cent below its 50-day average of 1,333.20."),
    (ONE, "At 1,302.50, the close is above the 200-day average but below the 50-day average."),
    (ONE, "The close sits 2.3% above the 200-day moving average (1,302.50 / 1,273.10 - 1 = 2.3 %)."),
    (ONE, "Over the last 20 days AAA lost 2.31 %, while it gained 0.8 % over five days."),
    (ONE, "The 5-day and 20-day returns are 0.8 % and −2.3 % respectively."),
    (ONE, "The gap between the 5-day return and the 20-day return is 3.1 percentage points (0.80 - -2.31 = 3.11)."),
    (ONE, "Its 5-day return is 3.1 percentage points above its 20-day return."),
    (ONE, "The 20-day return is negative, the 60-day return positive."),
    (ONE, "The main reason is the RSI(14), which added +0.42 to the log-odds."),
    (ONE, "RSI and the 20-day return supported the decision; the MACD histogram spoke against it."),
    (ONE, "The strongest argument for buying is the RSI at 61.2, followed by the 20-day return of -2.3 %."),
    (ONE, "Against it: the MACD histogram, at -0.12 ATR."),
    (ONE, "The MACD histogram is negative, i.e. the MACD is below its signal line."),
    (ONE, "With RSI(14) at 55.1 or below instead of 61.2, the policy would have held."),
    (ONE, "Had the RSI been 55.1 or lower, it would have stayed flat."),
    (ONE, "The policy would have held with an RSI(14) of 55.1 rather than 61.2."),
    (ONE, "It opens a long position at the next open; the target is 30 % of equity."),
    (ONE, "The account is flat, so the buy opens a long position."),
    (ONE, "Volume is 1.31 times its 20-day average, which counts as usual."),
    (ONE, "About 3.2 million shares changed hands, 1.3 times the 20-day average."),
    (ONE, "Annualised volatility is 15.2 % and the drawdown from the 250-day high is 3.04 %."),
    (ONE, "Volatility is normal: the annualised figure is 15.2 %, 0.95 times its 250-day level."),
    (ONE, "A drawdown of 3 % is modest."),
    (ONE, "The trend is sideways."),
    (ONE, "The stock trades sideways, with the close inside the Bollinger bands."),
    (ONE, "Probabilities: buy 61.2 %, hold 30.1 %, sell 8.7 %."),
    (ONE, "The model assigns 61 % to buy, 30 % to hold and 9 % to sell."),
    (ONE, "Decision: BUY. Reason: RSI(14) = 61.24 and 20-day return = -2.31 %."),
    (ONE, "- RSI(14): 61.2\n- MACD histogram: -0.12\n- 20-day return: −2.31 %"),
    (ONE, "The stop sits at 1,276.45, 2 % below the close."),
    (ONE, "The facts do not tell what the price will do tomorrow."),
    (ONE, "Nothing in the facts speaks of earnings or news."),
    (ONE, "The price is 3.04 % below its 20-day high and 1.76 % above its 20-day low."),
    (ONE, "The ATR(14) is 1.42 % of the close."),
    (ONE, "AAA rose today although it is down over the last 20 days."),
    (ONE, "The RSI is above 50 and below 70."),
    (ONE, "It was a Thursday in December."),
    (ONE, "The day was up: the close rose 0.5 % and finished in the upper part of the day's range."),
    (ONE, "The policy does not sell; it buys."),
    (ONE, "The Bollinger position of -0.21 says that the price is within the bands."),
    (ONE, "The MACD line stands at 0.31 ATR and the histogram at -0.12 ATR."),
    (ONE, "The RSI, at 61.2, is not overbought."),
    (ONE, "The day's low was 1,291.25 and the day's high 1,308.40."),
    (ONE, "The 20-, 50- and 200-day averages are 1,310.00, 1,333.20 and 1,273.10."),
    (ONE, "Buying is favoured by the RSI (+0.42) and the 20-day return (+0.31), in log-odds."),
    (FALL, "The policy sells BBB and closes the long position it held for 12 days."),
    (FALL, "BBB is oversold: its RSI stands at 24.6, 5.4 points below 30."),
    (FALL, "BBB fell 1.8 % on the day and 11 % over 20 days, on heavy volume (2.4 times its average)."),
    (FALL, "The market is turbulent: volatility is 41.3 % a year, 1.62 times its 250-day level."),
    (FALL, "The stock is in a downtrend and closed below its lower Bollinger band."),
    (FALL, "The decision to sell rests mainly on the drawdown of 31.7 %."),
    (FALL, "The drawdown and the 5-day return spoke for selling, the RSI against it."),
    (FALL, "The strongest argument against selling was the RSI, with an attribution of -0.52."),
    (FALL, "With a drawdown of exactly 22.5 % it would have held."),
    (FALL, "The position shows an unrealised loss of 3.79 % on an entry price of 50.10."),
    (FALL, "The close of 48.20 is 3.79 % below the entry price (48.20 / 50.10 - 1 = -3.79 %)."),
    (FALL, "The price is 12.5 % below its 50-day average, and the trend is down."),
    (FALL, "A sell was chosen with 72 % probability against 20 % for hold."),
    (FALL, "The 5-day return is −6.2 %, the 60-day return −18.4 %."),
    (FALL, "It lost 6.2 % over five days and 11.05 % over 20 days."),
    (CALM, "The policy holds CCC and keeps the long position."),
    (CALM, "CCC is overbought with an RSI of 74.3, which is 4.3 points above 70."),
    (CALM, "Volatility is calm at 0.71 times its 250-day level, and volume is light."),
    (CALM, "No single quantity would have changed the decision."),
    (CALM, "The close is above the upper Bollinger band ."),
    (CALM, "It stays long; the open position is up 2.6 % after 7 days."),
    (CALM, "CCC gained 7.9 % in 20 days, and the uptrend is intact."),
    (CALM, "The Bollinger position spoke against holding, the 20-day return for it."),
    (PAIR, "The RSI rose from 57.3 yesterday to 61.2."),
    (PAIR, "Yesterday the policy held; today it buys."),
    (PAIR, "Yesterday, on 2015-12-30, AAA closed at 1,295.80 and the RSI was 57.3."),
    (PAIR, "Since yesterday the RSI has risen by 3.9 points (61.2 - 57.3 = 3.9)."),
    (PAIR, "The RSI is higher than yesterday."),
    (PAIR, "The 20-day return improved from -3.0 % yesterday to -2.3 %."),
    (MARKET, "Of the 30 tickers, 12 rose and 17 fell."),
    (MARKET, "The median 20-day return is -1.4 % and the median RSI 47.2."),
    (MARKET, "Two tickers are overbought and four are oversold."),
    (MARKET, "The policy buys 6 tickers, holds 20 and sells 4."),
    (MARKET, "11 tickers are in an uptrend, 9 in a downtrend."),
    (MARKET, "AAA has an RSI of 61.2, BBB one of 24.6 and CCC one of 74.3."),
    (MARKET, "BBB fell 1.84 % while CCC rose 1.1 %."),
    (MARKET, "AAA is bought, BBB is sold and CCC is held."),
    (MARKET, "BBB has the higher volatility: 41.3 % against 9.8 % for CCC."),
    (MARKET, "CCC is overbought, whereas BBB is oversold."),
    (MARKET, "Advancers number 12, decliners 17."),
)
"""Facts and a text in which every claim holds."""
