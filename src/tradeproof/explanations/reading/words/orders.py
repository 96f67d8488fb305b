"""Actions, and what a decision does to the account."""

HELD = "the/its/his/their/this/that/our/any/an/a/_ existing/open/current/held/_"
ORDER_WORDS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("stay_flat", "keep_long", "keep_short"), ("stays/remains so", "stays/remains as it is")),
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
            f"closes/closing/closed/close/exits/exiting/exited/exit/liquidates/liquidating/"
            f"liquidate {HELD} long position/exposure/_",
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
            f"closes/closing/closed/close/covers/covering/covered/cover/exits/exiting/exited/"
            f"exit {HELD} short position/exposure/_",
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
            f"keeps/keeping/kept/keep/maintains/maintaining/maintain/holds/holding/hold/held/retains/retaining/"
            f"retain {HELD} long position/exposure",
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
            f"keeps/keeping/kept/keep/maintains/maintaining/maintain/holds/holding/hold/held/retains/retaining/"
            f"retain {HELD} short position/exposure",
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
