"""Methods of the tolerability analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="tolerability.weight-model/1",
        title="Mixed model of log body weight",
        question="How much weight does an arm lose, and does the combination lose more than its "
        "parts?",
        estimand="Change of geometric mean weight from baseline to the declared day; log ratio of "
        "mean weights, arm over comparator, negative is harm; Q4 is observed minus the sum of the "
        "two agents' effects on log weight. Constrained baseline, a mean for each visit of each "
        "arm (where there are more than eight, straight between five), random intercept and slope, "
        "REML with Kenward-Roger. As weighed, and net of the tumour.",
        assumptions=(
            "Arms weighed alike at baseline, as after randomisation.",
            "Animals that leave would have gone on like those that stay with the same weights.",
            "Between two visits, or bends where visits are many, mean log weight is straight.",
            "Net of the tumour: its density is 1 g/cm3, and it grows evenly between two visits.",
        ),
        when_not="Tumours are heavy and shrink in one arm: read the weights net of the tumour.",
        references=(
            Reference("Liu et al. 2009, Stat Med 28:2509", "10.1002/sim.3639"),
            Reference("Kenward & Roger 1997, Biometrics 53:983", "10.2307/2533558"),
        ),
    ),
    Method(
        id="tolerability.nadir/1",
        title="Nadir, average loss and the protocol's limit, by animal",
        question="How low does each animal fall, and how many pass the protocol's limit?",
        estimand="Mean of each animal's lowest weight against its baseline, and of its loss below "
        "baseline averaged over time, up to the declared day, with t and Welch intervals; share of "
        "animals past the protocol's limit with the exact interval, differences by score.",
        assumptions=(
            "Each animal was weighed at baseline and often enough to see its nadir.",
            "Up to the declared day arms were followed alike.",
        ),
        when_not="Arms leave early: a nadir seen for a shorter time is a milder one.",
        references=(
            Reference("Clopper & Pearson 1934, Biometrika 26:404", "10.1093/biomet/26.4.404"),
            Reference("Miettinen & Nurminen 1985, Stat Med 4:213", "10.1002/sim.4780040211"),
            Reference("Welch 1947, Biometrika 34:28", "10.1093/biomet/34.1-2.28"),
        ),
    ),
    Method(
        id="tolerability.deaths/1",
        title="Treatment-related deaths",
        question="How many animals die of the treatment?",
        estimand="Share of animals found dead or taken for their weight, with the exact interval; "
        "differences by score, positive is harm.",
        assumptions=("An animal found dead, or taken for its weight, counts as the treatment's.",),
        when_not="Fates are not stated: the answer is then missing, not zero.",
        references=(
            Reference("Clopper & Pearson 1934, Biometrika 26:404", "10.1093/biomet/26.4.404"),
        ),
    ),
)
