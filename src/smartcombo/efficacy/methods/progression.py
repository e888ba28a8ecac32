"""Methods of the time-to-event analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="progression.kaplan-meier/1",
        title="Time to progression: Kaplan-Meier and restricted mean",
        question="How long does a tumour need to reach four times its volume at baseline?",
        estimand="Median, and mean time without progression up to a horizon to which every arm was "
        "followed, in days since baseline; differences arm minus comparator, positive is benefit.",
        assumptions=(
            "Animals that leave for another reason would have progressed like those that stay.",
            "Between two visits the tumour grows exponentially.",
        ),
        when_not="Animals leave because they are about to progress.",
        references=(
            Reference("Kaplan & Meier 1958, JASA 53:457", "10.1080/01621459.1958.10501452"),
            Reference(
                "Royston & Parmar 2013, BMC Med Res Methodol 13:152", "10.1186/1471-2288-13-152"
            ),
        ),
    ),
    Method(
        id="progression.cox-firth/1",
        title="Hazard ratio with Firth's penalty",
        question="How much slower do animals of an arm progress?",
        estimand="Ratio of hazards, arm over comparator, below 1 is benefit; profile penalised "
        "likelihood interval and test, finite where an arm has no event.",
        assumptions=("The ratio of hazards is the same all along.",),
        when_not="Effects come late or curves cross: read the restricted mean.",
        references=(
            Reference(
                "Heinze & Schemper 2001, Biometrics 57:114", "10.1111/j.0006-341X.2001.00114.x"
            ),
            Reference("Efron 1977, JASA 72:557", "10.1080/01621459.1977.10480613"),
        ),
    ),
    Method(
        id="progression.independent-action/1",
        title="Independent drug action on time to progression",
        question="Does the combination last longer than if each animal had only its better agent?",
        estimand="Restricted mean observed minus that of S = S_A + S_B - S_A S_B, in days; "
        "interval by drawing mice with replacement; positive is synergy.",
        assumptions=("Responses to the two agents are uncorrelated between animals.",),
        when_not="A single-agent arm is missing. With correlated responses less is expected.",
        references=(
            Reference("Palmer & Sorger 2017, Cell 171:1678", "10.1016/j.cell.2017.11.009"),
        ),
    ),
)
