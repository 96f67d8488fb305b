"""Decision: the action, what it does to the account, and how sure the policy was, as clauses and sentences."""

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import displayed, written
from tradeproof.explanations.orders import ORDERED, TOLD
from tradeproof.explanations.sentences import GERUND, THIRD, sentence

IDLE = {"keep_long": "already long", "keep_short": "already short", "stay_flat": "with nothing to sell"}
"""Why a wish to buy or sell gives no order."""


def action_clause(snapshot: Snapshot, choices: Choices) -> str:
    """What the policy does and what that does to the account, as a clause that can follow a phrase."""
    order, ticker, action = choices.one(TOLD[snapshot.order]), snapshot.ticker, snapshot.action
    if snapshot.order in ORDERED:
        order += choices.one((" at the next open", "", " at the next open"))
        texts = (
            f"the policy {THIRD[action]} {ticker}: it {order}",
            f"the policy decides to {action} {ticker} and {order}",
            f"the policy's decision for {ticker} is to {action}: it {order}",
            f"the policy gives a {action} signal for {ticker} and {order}",
        )
    elif action == "hold":
        texts = (
            f"the policy holds in {ticker} and {order}",
            f"the policy's decision for {ticker} is to hold: it {order}",
            f"the policy decides to hold in {ticker}; it {order}",
            f"the policy gives a hold signal for {ticker} and {order}",
        )
    else:
        why = IDLE[snapshot.order]
        texts = (
            f"the policy's decision for {ticker} is to {action}; {why}, it {order}",
            f"the policy gives a {action} signal for {ticker}, but {why}, it {order}",
            f"the policy's {action} signal for {ticker} leads to no order: {why}, it {order}",
            f"the policy decides to {action} {ticker}; {why}, it {order}",
        )
    return choices.one(texts)


def opening(snapshot: Snapshot, choices: Choices) -> str:
    """The action with the date."""
    clause = action_clause(snapshot, choices)
    date = snapshot.date
    when = choices.one((f"at the close of {date}", f"on {date}", f"with the close of {date}"))
    return sentence(f"{when}, {clause}" if choices.chance(0.6) else f"{clause} ({date})")


def account_note(snapshot: Snapshot, choices: Choices) -> str:
    """How the position stands, or what the decision does to it."""
    notes = [note for note in (order_note(snapshot, choices), holding_note(snapshot, choices)) if note]
    return choices.one(notes) if notes else ""


def order_note(snapshot: Snapshot, choices: Choices) -> str:
    """What is aimed at, or that there is no order."""
    held, target = snapshot.readings.get("position"), snapshot.readings.get("target")
    if held is None:
        return ""
    if snapshot.order not in ORDERED:
        return choices.one(_idle_notes(snapshot, held))
    if target is None:
        return ""
    return choices.one(
        (
            f"This moves the position from {_share(held)} to a target position of {_share(target)}.",
            f"The target position is {_share(target)}; the position before the order is {_share(held)}.",
            f"The order aims at a target position of {_share(target)} of equity.",
        )
    )


def holding_note(snapshot: Snapshot, choices: Choices) -> str:
    """How a position that is held stands; empty where none is."""
    readings, texts = snapshot.readings, []
    if "unrealised_return" in readings:
        gain = displayed("unrealised_return", readings["unrealised_return"])
        if "bars_held" in readings:
            days = displayed("bars_held", readings["bars_held"])
            texts.append(f"The position shows an unrealised return of {gain} after a holding period of {days}.")
        if "entry_price" in readings:
            entry = displayed("entry_price", readings["entry_price"])
            texts.append(f"The unrealised return is {gain} on an entry price of {entry}.")
    return choices.one(texts) if texts else ""


def _share(value: float) -> str:
    return written(value, 1, "percent")


def _idle_notes(snapshot: Snapshot, held: float) -> tuple[str, ...]:
    if snapshot.order == "stay_flat":
        return ("No order is given and the account stays flat.", "The account is flat and stays so.")
    side = "long" if snapshot.order == "keep_long" else "short"
    return (
        f"No order is given; the {side} position of {_share(held)} stays in place.",
        f"The {side} position of {_share(held)} of equity stays as it is, and no order follows.",
    )


def probability_note(snapshot: Snapshot, choices: Choices) -> str:
    """How clear the decision was."""
    chosen = snapshot.readings.get(f"probability_{snapshot.action}")
    if chosen is None:
        return ""
    share = written(chosen, 1, "percent")
    action, verb = snapshot.action, GERUND[snapshot.action]
    texts = [
        f"The policy put the probability of {verb} at {share}.",
        f"The probability of {action} was {share}.",
        f"The {action} probability stood at {share}.",
    ]
    others = [(name, snapshot.readings.get(f"probability_{name}")) for name in GERUND if name != action]
    known = [(value, name) for name, value in others if value is not None]
    if known:
        value, name = max(known)
        second = written(value, 1, "percent")
        texts.append(f"The probability of {verb} was {share}, the probability of {GERUND[name]} {second}.")
        texts.append(f"The {action} probability was {share} and the {name} probability {second}.")
        if chosen > value:
            gap = f"{written(chosen - value, 1, 'points')} percentage points"
            formula = f"{chosen:.1f} - {value:.1f} = {chosen - value:.1f}"
            texts.append(
                f"The probability of {verb} was {share}, {gap} above the probability of {GERUND[name]} ({formula})."
            )
    return choices.one(texts)
