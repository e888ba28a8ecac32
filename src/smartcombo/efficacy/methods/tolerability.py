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
        id="tolerability.worst-score/1",
        title="Worst clinical score, by animal and against another arm",
        question="How ill do the animals of an arm get, and does the combination make them more "
        "ill than its parts?",
        estimand="Median worst clinical score after baseline, with order-statistic limits; "
        "probability that an animal of the arm scores worse than one of the comparator, ties half "
        "(above 0.5 is harm), with the variance of Brunner and Munzel on the logit scale; "
        "where scores leave no variance, the score interval of Newcombe. Q4: probability to "
        "score worse than the worse of two animals, one of each agent alone.",
        assumptions=(
            "0 is a normal animal and more is worse; only the order of scores is used.",
            "Animals were scored blind to the arm, and arms as often, up to the declared day.",
            "An animal found dead by then ranks worse than any score; one taken for its score "
            "ranks at the limit or above.",
            "Q4: the harms of the agents strike independently, and the worse of them shows.",
        ),
        when_not="Heavy tumours raise scores: against a vehicle with large tumours a benefit may "
        "be the tumour's absence.",
        references=(
            Reference(
                "Brunner & Munzel 2000, Biom J 42:17",
                "10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U",
            ),
            Reference("Pauly et al. 2016, Biom J 58:1319", "10.1002/bimj.201500105"),
            Reference("Newcombe 2006, Stat Med 25:559", "10.1002/sim.2324"),
        ),
    ),
    Method(
        id="tolerability.score-limit/1",
        title="Animals at the protocol's clinical score",
        question="How many animals reach the clinical score at which the protocol takes them, and "
        "when?",
        estimand="Share of animals with a score at or past the limit after baseline, or taken for "
        "their score, with the exact interval (Jeffreys' in the table score_rates); differences by "
        "score, plus is harm; median days to the first such visit (Kaplan-Meier).",
        assumptions=(
            "The limit is the protocol's own: none is built in.",
            "The day at the limit is that of the visit at which it was seen.",
        ),
        when_not="Arms are followed for different times: an arm that lives longer has longer to "
        "reach the limit.",
        references=(
            Reference("Clopper & Pearson 1934, Biometrika 26:404", "10.1093/biomet/26.4.404"),
            Reference("Brown et al. 2001, Stat Sci 16:101", "10.1214/ss/1009213286"),
            Reference("Miettinen & Nurminen 1985, Stat Med 4:213", "10.1002/sim.4780040211"),
        ),
    ),
    Method(
        id="tolerability.deaths/1",
        title="Treatment-related deaths",
        question="How many animals die of the treatment?",
        estimand="Share of animals found dead, or taken for weight or clinical score, with "
        "the exact interval; differences by score, positive is harm.",
        assumptions=(
            "An animal found dead, or taken for weight or score, counts as the treatment's.",
        ),
        when_not="Fates are not stated: the answer is then missing, not zero.",
        references=(
            Reference("Clopper & Pearson 1934, Biometrika 26:404", "10.1093/biomet/26.4.404"),
        ),
    ),
)
