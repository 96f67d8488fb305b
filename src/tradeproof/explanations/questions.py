"""Questions as users ask them, by category and topic; those of the guide stand first, word for word."""

from collections.abc import Mapping

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Facts

TECHNICAL: Mapping[str, tuple[str, ...]] = {
    "up": (
        "What technical indicators suggest a bullish trend?",
        "Which indicators point up for {ticker}?",
        "Is there anything bullish in {ticker}'s indicators?",
        "What speaks for strength in {ticker} right now?",
        "Show me the bullish side of {ticker}.",
    ),
    "down": (
        "What technical indicators suggest a bearish trend?",
        "Which indicators point down for {ticker}?",
        "Is there anything bearish in {ticker}'s indicators?",
        "Where does {ticker} look weak?",
        "Show me the bearish side of {ticker}.",
    ),
    "momentum": (
        "How is the momentum of {ticker}?",
        "What do RSI and MACD say?",
        "Can you summarise the oscillators?",
    ),
    "rsi": ("What is the RSI of {ticker}?", "Is {ticker} overbought or oversold?", "Where does the RSI stand?"),
    "averages": (
        "Where does the price stand relative to its averages?",
        "Is {ticker} above its moving averages?",
        "How far is {ticker} from its moving averages?",
        "What is the trend of {ticker}?",
    ),
    "volatility": (
        "How volatile is {ticker} at the moment?",
        "Is volatility high or low?",
        "How risky does {ticker} look?",
        "What about volatility and drawdown?",
    ),
}

YESTERDAY = (
    "Why did the model recommend a {action} signal yesterday?",
    "Why was there a {action} signal for {ticker} yesterday?",
    "What was behind yesterday's {action} decision?",
    "Explain the {action} signal of yesterday, please.",
    "Yesterday the model said {action}. Why?",
)

SIGNAL: Mapping[str, tuple[str, ...]] = {
    "reasons": (
        "Why does the policy {action} here?",
        "Why did the model decide to {action} {ticker}?",
        "What are the reasons for this {action} signal?",
        "Can you explain the decision for {ticker}?",
        "What drove the decision?",
    ),
    "against": (
        "What spoke against the decision?",
        "What is the counter-argument?",
        "Which indicators disagree with the {action} signal?",
        "What is the case against this {action} decision?",
    ),
    "change": (
        "What would have changed the decision?",
        "When would the model have done something else?",
        "How close was the call?",
        "What would flip the {action} signal?",
    ),
    "account": (
        "What does the decision do to the account?",
        "What happens to the position now?",
        "Does this signal lead to an order?",
        "What is the position after this decision?",
    ),
    "confidence": (
        "How sure was the model?",
        "What probability did the policy give to this action?",
        "How confident is the {action} signal?",
    ),
}

CONTEXT = (
    "How does the current market compare to {moment}?",
    "What has changed since {moment}?",
    "Compare {ticker} now with {moment}.",
    "How different is the market from {moment}?",
    "Is {ticker} stronger or weaker than {moment}?",
)

MOMENTS = (("last week", "week"), ("last month", "month"), ("yesterday", "yesterday"))
"""How a user speaks of an earlier date, and a word by which the facts know it."""

STRATEGY: Mapping[str, tuple[str, ...]] = {
    "down": (
        "How would this strategy perform in a bear market?",
        "What does the strategy do when prices fall?",
        "How has the policy done in downtrends?",
        "Does this strategy hold up in a falling market?",
    ),
    "up": (
        "How would this strategy perform in a bull market?",
        "How has the policy done in uptrends?",
        "Does the strategy keep up when the market rises?",
    ),
    "sideways": (
        "How would this strategy perform in a sideways market?",
        "How has the policy done when there is no trend?",
        "What does the strategy earn in a range?",
    ),
    "risk": (
        "How does the strategy limit its risk?",
        "How risky is this strategy right now?",
    ),
    "stop": ("Where is the stop?", "What protects the position?", "Is there a stop-loss?"),
}

UNKNOWABLE: Mapping[str, tuple[str, ...]] = {
    "future": (
        "Will {ticker} rise tomorrow?",
        "Where will {ticker} be in a month?",
        "What is your price target for {ticker}?",
        "What will the policy do next week?",
    ),
    "other": (
        "What about TSLA?",
        "And how does gold look?",
        "Does the policy also buy bitcoin?",
        "How does {ticker} compare with NVDA?",
    ),
    "news": (
        "Was there any news on {ticker}?",
        "When does {ticker} report earnings?",
        "What do analysts say?",
        "Did the Fed move the market?",
    ),
    "advice": (
        "Should I buy {ticker}?",
        "Should I sell now?",
        "Is {ticker} a good investment for me?",
        "How much money should I put into {ticker}?",
    ),
}

FOLLOW_UP: Mapping[str, tuple[str, ...]] = {
    "against": ("And what spoke against it?", "What about the other side?", "Any argument against that?"),
    "change": ("What would have changed that?", "And if the numbers had been different?", "What would flip it?"),
    "first": (
        "How large was that first reason?",
        "What is the number behind the main reason?",
        "Which one mattered most?",
    ),
    "risk": ("And the risk?", "What is the risk of that?", "What could go wrong?"),
    "stop": ("Where is the stop in that case?", "And the stop?", "Is there a stop on that?"),
    "trend": ("Does that fit the trend?", "And what is the trend?", "Is that with or against the trend?"),
    "other_trend": ("And in a rising market?", "What about uptrends?", "How is it when the market rises?"),
    "tomorrow": ("So what happens tomorrow?", "Will that continue?", "So should I follow it?"),
}
"""Questions that lean on what was said before."""

FOLLOWED: Mapping[str, str] = {
    "against": "signal_explanation",
    "change": "signal_explanation",
    "first": "signal_explanation",
    "risk": "signal_explanation",
    "stop": "signal_explanation",
    "trend": "signal_explanation",
    "other_trend": "strategy",
    "tomorrow": "signal_explanation",
}
"""Category of the turn that a question follows."""


def opening_question(topic: str, facts: Facts, choices: Choices) -> str:
    """The first question of a conversation that goes on to a topic."""
    asked = STRATEGY["down"] if FOLLOWED[topic] == "strategy" else SIGNAL["reasons"]
    return choices.one(asked).format(action=facts.focus.action, ticker=facts.focus.ticker)
