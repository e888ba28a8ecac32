"""Methods of the analysis of kinds of animals."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="classes.mixture/1",
        title="One or two kinds of animals",
        question="Are some animals cured while others grow, and which?",
        estimand="Two classes of log volume curves: growing (random intercept and slope around the "
        "arm's line) and controlled (one mean slope of 0 or less, own spread); share by arm, "
        "common baseline, left-censored at the detection limit, maximum likelihood from three "
        "fixed starts. Two classes where their BIC (animals as units) is lower and an animal is "
        "more likely controlled than growing; an animal is called by its larger probability.",
        assumptions=(
            "Within a kind, curves are straight on the log scale with normal variation.",
            "Animals that leave because of their size are missing at random given their volumes.",
        ),
        when_not="Tumours shrink and grow back: neither kind is a straight line. Animals start "
        "without a tumour: read the time to its appearance.",
        references=(
            Reference(
                "Muthen & Shedden 1999, Biometrics 55:463", "10.1111/j.0006-341X.1999.00463.x"
            ),
            Reference("Schwarz 1978, Ann Stat 6:461", "10.1214/aos/1176344136"),
        ),
    ),
    Method(
        id="classes.share/1",
        title="Share of controlled animals",
        question="In how many animals does the tumour vanish, shrink or stand?",
        estimand="Mixing share with its profile-likelihood interval (Jeffreys interval where one "
        "class is chosen); differences of called animals with score interval, plus is benefit; Q4 "
        "observed minus independent action, limits by square-and-add of Wilson's, plus is synergy.",
        assumptions=("Animals are independent.", "The kind of each called animal is known."),
        when_not="Many probabilities lie between 0.1 and 0.9: calls are then uncertain.",
        references=(
            Reference("Miettinen & Nurminen 1985, Stat Med 4:213", "10.1002/sim.4780040211"),
            Reference("Zou & Donner 2008, Stat Med 27:1693", "10.1002/sim.3095"),
        ),
    ),
    Method(
        id="classes.growing-rate/1",
        title="Growth rate of growing animals",
        question="How fast do the tumours grow that are not cured?",
        estimand="Slope of log volume of the animals called growing, by the default growth model "
        "(with one class the same numbers); differences arm minus comparator, minus is benefit; Q4 "
        "observed minus Bliss, minus is synergy.",
        assumptions=("The kind of each animal is known.",),
        when_not="As the only answer: animals are compared that their treatment selected.",
        references=(Reference("Kenward & Roger 1997, Biometrics 53:983", "10.2307/2533558"),),
    ),
    Method(
        id="classes.floored-mean/1",
        title="Volumes at the declared day, counted at the limit when below",
        question="How large are the tumours at the declared day, cured animals included?",
        estimand="Geometric mean volume with values below the detection limit at the limit; ratio "
        "of arms, below 1 is benefit; Q4 log(expected / observed) by Bliss, plus is synergy. An "
        "animal that left before is predicted from its own line (best linear unbiased prediction "
        "in its kind); t on animals with Satterthwaite degrees of freedom, prediction error "
        "included.",
        assumptions=(
            "An animal that left because of its size would have gone on along its line.",
            "A controlled animal that left would have gone on shrinking.",
        ),
        when_not="The size of the ratio is to be compared between studies with other detection "
        "limits: with cured animals it depends on the limit. With few animals no cure may be seen; "
        "the interval then speaks of the growing kind only.",
        references=(
            Reference("Robinson 1991, Stat Sci 6:15", "10.1214/ss/1177011926"),
            Reference("Welch 1947, Biometrika 34:28", "10.2307/2332510"),
        ),
    ),
)
