"""Reasons: what spoke for an action, what spoke against it, and what would have changed it."""

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.decision import action_clause, opening
from tradeproof.explanations.facts import Driver, Snapshot
from tradeproof.explanations.numbers import displayed, signed, written
from tradeproof.explanations.phrases import mention
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.sentences import GERUND, PAST, listed, sentence

TURNS = ("Still", "That said", "On the other hand")
"""How a sentence may turn to the other side."""
DERIVED = 0.35
"""Share of mentions that derive a number, where a formula leads to one."""


def supporting(snapshot: Snapshot, count: int) -> list[Driver]:
    """The weightiest drivers that spoke for the action."""
    return [driver for driver in snapshot.drivers if driver.supports][:count]


def opposing(snapshot: Snapshot) -> Driver | None:
    """The weightiest driver that spoke against it."""
    return next((driver for driver in snapshot.drivers if not driver.supports), None)


def driver_phrase(snapshot: Snapshot, driver: Driver, choices: Choices) -> str:
    """One driver with its number and now and then its attribution."""
    phrase = mention(snapshot, driver.key, choices, DERIVED)
    if phrase.endswith(")") or not choices.chance(0.2):
        return phrase
    return f"{phrase} (attribution {signed(driver.attribution, 2, 'score')})"


def support(snapshot: Snapshot, count: int, choices: Choices) -> str:
    """What spoke for the action: up to that many drivers."""
    phrases = [driver_phrase(snapshot, driver, choices) for driver in supporting(snapshot, count)]
    if not snapshot.drivers:
        return choices.one(("The facts name no drivers of this decision.", "No drivers are named in the facts."))
    if not phrases:
        return choices.one(
            (
                "None of the named drivers spoke for this decision.",
                "No driver among the facts supported this decision.",
            )
        )
    first, others = phrases[0], phrases[1:]
    if not others:
        return sentence(
            choices.one(
                (
                    f"the main reason was {first}",
                    f"the decision was driven by {first}",
                    f"the one driver that spoke for it was {first}",
                    f"in its favour spoke {first}",
                )
                if len(supporting(snapshot, 9)) == 1
                else (f"the main reason was {first}", f"the decision was mainly driven by {first}")
            )
        )
    return sentence(choices.one(_support_texts(first, others)))


def driven(snapshot: Snapshot, count: int, choices: Choices) -> str:
    """The action and what spoke for it in one sentence; in two where nothing did."""
    found = supporting(snapshot, count)
    if not found:
        return f"{opening(snapshot, choices)} {support(snapshot, count, choices)}"
    phrases = listed([driver_phrase(snapshot, driver, choices) for driver in found])
    clause, date = action_clause(snapshot, choices), snapshot.date
    return sentence(
        choices.one(
            (
                f"driven by {phrases}, on {date} {clause}",
                f"supported by {phrases}, {clause} ({date})",
                f"on {date}, backed by {phrases}, {clause}",
                f"on the strength of {phrases}, {clause} ({date})",
            )
        )
    )


def _support_texts(first: str, others: list[str]) -> tuple[str, ...]:
    rest, everything = listed(others), listed([first, *others])
    return (
        f"the main reason was {first}, followed by {rest}",
        f"the decision was driven by {everything}",
        f"the strongest support came from {first}; {rest} also spoke for it",
        f"in favour of the decision spoke {everything}",
        f"{everything} supported the decision",
        f"the weightiest argument for it was {first}, then came {rest}",
        f"the decision rests mainly on {first}, with further support from {rest}",
        f"chief among the reasons was {first}; {rest} pointed the same way",
        f"what spoke for it: {everything}",
    )


def counter(snapshot: Snapshot, choices: Choices) -> str:
    """The weightiest driver against the action; without one, what the facts leave open."""
    driver = opposing(snapshot)
    if driver is None:
        return _open_question(snapshot, choices)
    phrase = driver_phrase(snapshot, driver, choices)
    despite = (
        f"the decision stands despite {phrase}",
        f"the decision was taken despite {phrase}",
        f"the policy decided so despite {phrase}",
    )
    against = (
        f"against it spoke {phrase}",
        f"the main argument against it was {phrase}",
        f"{phrase} weighed against the decision",
        f"{phrase} spoke against the decision",
        f"the strongest objection was {phrase}",
    )
    if choices.chance(0.3):
        return sentence(choices.one(despite))
    turn = choices.one(("", "", *TURNS)) if supporting(snapshot, 1) else ""
    return sentence((f"{turn}, " if turn else "") + choices.one(against))


def _open_question(snapshot: Snapshot, choices: Choices) -> str:
    chosen = snapshot.readings.get(f"probability_{snapshot.action}")
    none = choices.one(("no named driver spoke against it", "none of the drivers spoke against the decision"))
    if chosen is None:
        return sentence(none) if snapshot.drivers else ""
    share = written(chosen, 1, "percent")
    left = f"100 - {chosen:.1f} = {100.0 - chosen:.1f}"
    verb = GERUND[snapshot.action]
    doubt = choices.one(
        (
            f"a probability of {verb} of {share} is no certainty",
            f"a probability of {verb} of {share} leaves room for the other actions ({left})",
            f"at a probability of {verb} of {share}, the other actions share the rest ({left})",
        )
    )
    return sentence(f"{none}; still, {doubt}" if snapshot.drivers else f"still, {doubt}")


def counterfactual(snapshot: Snapshot, choices: Choices) -> str:
    """What would have changed the action."""
    other = snapshot.counterfactual
    if other is None:
        return choices.one(
            (
                "No single quantity could have changed the action.",
                "No change of a single quantity would have led to another action.",
            )
        )
    label = quantity(other.key).label
    article = "" if label[:3] in ("RSI", "ATR") or label.startswith("annualised") else "the "
    name, level = f"{article}{label}", displayed(other.key, other.value)
    present = snapshot.readings.get(other.key)
    now = "" if present is None else displayed(other.key, present)
    did = PAST[other.action]
    if other.beyond and present is not None:
        side = "below" if other.value < present else "above"
        texts = [
            f"The policy would have {did} with {name} at {level} or {side}, all else equal.",
            f"With {name} at {level} or {side} instead of {now}, all else equal, it would have {did}.",
            f"All else equal, {name} at {level} or {side} would have led the policy to {other.action}; it was {now}.",
            f"It would have {did} had {name} been {level} or {side} rather than {now}.",
        ]
    else:
        texts = [f"The policy would have {did} with {name} at exactly {level}, all else equal."]
        if now:
            texts.append(f"It would have {did} with {name} at exactly {level} instead of {now}, all else equal.")
            texts.append(f"With {name} at exactly {level} instead of {now}, all else equal, it would have {did}.")
    return choices.one(texts)
