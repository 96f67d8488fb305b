"""Words of reasons: what spoke for and against the action, and how weighty it is."""

from typing import Any

REASONS: tuple[tuple[str, Any, str], ...] = (
    ("log_odds", 0, "log odds/odd"),
    (
        "log_odds",
        0,
        "attribution/attributions/contribution/contributions/contributed/contributes/contributing/weight/"
        "weighs/weighed/logit",
    ),
    (
        "driver",
        (1, "all"),
        "main/chief/primary/principal/leading/key/biggest/strongest/top/weightiest/largest/foremost/first/"
        "most_important reason/driver/factor/argument/support/argument_for/cause for/_",
    ),
    (
        "driver",
        (1, "all"),
        "mainly/chiefly/primarily/mostly/above_all because/on/driven/due/rests/supported/by of/by/to/_ on/_",
    ),
    ("driver", (1, "all"), "because of/_"),
    ("driver", (1, "after"), "driven/supported/backed/favoured/favored/motivated/justified/carried by"),
    ("driver", (1, "after"), "rests/rested/based/relies/relied/leans/leaned/built/builds mainly/mostly/chiefly/_ on"),
    (
        "driver",
        (1, "before"),
        "supports/supported/support/supporting/favours/favoured/favour/favors/favored/favor/backs/backed/"
        "back/favouring/favoring",
    ),
    (
        "driver",
        (1, "before"),
        "speaks/spoke/speak/speaking/argues/argued/argue/arguing/counts/counted/count/counting/weighs/"
        "weighed/pulls/pulled for/toward/towards/in_favour",
    ),
    ("driver", (1, "before"), "in favour/favor of/_"),
    ("driver", (1, "before"), "pushes/pushed/pushing/push/tilts/tilted toward/towards it/the/_"),
    (
        "driver",
        (-1, "before"),
        "speaks/spoke/speak/speaking/argues/argued/argue/arguing/counts/counted/count/counting/weighs/"
        "weighed/weigh/weighing/pulls/pulled/works/worked/pushes/pushed/stands/stood against",
    ),
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
    (
        "rank",
        1,
        "main/mainly/chief/chiefly/primary/primarily/principal/leading/biggest/strongest/top/weightiest/"
        "largest/foremost/mostly/most",
    ),
    ("rank", 2, "second/secondly"),
    ("rank", 3, "third/thirdly"),
)
"""Kind, what it says, words."""
