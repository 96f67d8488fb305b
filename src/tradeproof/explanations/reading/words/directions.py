"""Words that rise or fall, have a sign, or name an extreme."""

from typing import Any

DIRECTIONS: tuple[tuple[str, Any, str], ...] = (
    (
        "direction",
        1,
        "rose/rise/rises/rising/risen/gained/gain/gains/gaining/climbed/climb/climbs/climbing/increased/"
        "increase/increases/increasing/advanced/advance/advances/advancing/jumped/jump/jumps/jumping/rallied/"
        "rally/rallies/surged/surge/surges/surging/soared/soar/soars/soaring/skyrocketed/skyrockets/rocketed/up/upward/upwards/added/grew/grown/improved/improve/"
        "improves/strengthened/strengthen/strengthens/recovered/rebounded/rebound/appreciated/picked/"
        "edged-up/bullish/won/profit/higher",
    ),
    (
        "direction",
        -1,
        "fell/fall/falls/falling/fallen/lost/lose/loses/losing/loss/losses/declined/decline/declines/"
        "declining/dropped/drop/drops/dropping/decreased/decrease/decreases/decreasing/slid/slide/slides/"
        "sliding/slipped/slip/slips/slipping/sank/sunk/sinks/plunged/plunge/plunges/plummeted/tumbled/tumble/"
        "down/downward/downwards/shed/retreated/retreat/weakened/weaken/weakens/deteriorated/crashed/crash/crashes/crashing/collapsed/collapse/collapses/collapsing/bearish/"
        "depreciated/eased/lower",
    ),
    ("sign", 1, "positive/positively"),
    ("sign", -1, "negative/negatively"),
    ("extreme", 1, "highest/strongest/largest/best/biggest/greatest"),
    ("extreme", -1, "lowest/weakest/smallest/worst/least"),
    ("extreme", 1, "the higher/stronger/larger/greater/better/bigger"),
    ("extreme", -1, "the lower/weaker/smaller/worse"),
    ("topic", "trend", "trend/trends"),
    ("more", 1, "more"),
    ("more", -1, "fewer"),
    ("pointer", 1, "points/point/pointing/pointed up/upward/upwards"),
    ("pointer", -1, "points/point/pointing/pointed down/downward/downwards"),
)
"""Kind, what it says, words."""

STRONG = (
    "crash", "plung", "plummet", "collaps", "soar", "surg", "skyrocket", "rocket",
)  # fmt: skip
"""How words begin that speak of a large move."""
