"""Methods of the evidence: rules that turn estimates into claims."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="claims.cold_to_hot/1",
        title="The three claims from cold to hot",
        question="Is the tumour inflamed, infiltrated, and more sensitive to the inhibitor?",
        estimand="Inflamed and infiltrated: shift of the axis against matched controls, Holm over "
        "assays, markers and days. Sensitised: growth against what the agents do alone (Q4); where "
        "that is not decided, against the inhibitor alone (Q2) if the molecule alone does nothing "
        "shown.",
        assumptions=(
            "Animals sampled and animals followed are of the same arms, not the same animals.",
            "Not shown is not absence: it is said where the interval holds zero.",
        ),
        when_not="As a ranking: the claims are kept apart, none replaces another.",
        references=(
            Reference("Chen & Mellman 2017, Nature 541:321", "10.1038/nature21349"),
            Reference("Holm 1979, Scand J Stat 6:65", "10.2307/4615733"),
        ),
    ),
)
