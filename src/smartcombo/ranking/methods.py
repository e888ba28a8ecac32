"""Methods of the ranking."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="ranking.smaa/1",
        title="Rank acceptability",
        question="Which candidate comes first, how surely, and under which weights?",
        estimand="Probability of each place over joint draws of criteria and weights; expected "
        "place with interval; probability that one candidate is above another.",
        assumptions=(
            "Criteria do not overlap: one effect is not counted twice under two names.",
            "The value of a criterion is a straight line between anchors stated before the data.",
            "Criteria of a candidate are independent, unless draws are supplied.",
        ),
        when_not="To say that a candidate is good: the ranking compares candidates only.",
        references=(
            Reference("Lahdelma & Salminen 2001, Oper Res 49:444", "10.1287/opre.49.3.444.11220"),
            Reference("Tervonen & Lahdelma 2007, Eur J Oper Res 178:500",
                      "10.1016/j.ejor.2005.12.037"),
        ),
    ),
    Method(
        id="ranking.shrinkage/1",
        title="Shrinkage across candidates",
        question="How much of the largest effect is luck?",
        estimand="Posterior mean and standard deviation of each effect, given that the effects of "
        "all candidates come from one normal population; averaged over its spread.",
        assumptions=(
            "Effects of candidates are exchangeable: nothing known beforehand tells them apart.",
            "Estimates are roughly normal and their standard errors are right.",
        ),
        when_not="Fewer than five candidates: their spread is not known, estimates stay raw.",
        references=(
            Reference("Efron & Morris 1975, J Am Stat Assoc 70:311",
                      "10.1080/01621459.1975.10479864"),
            Reference("Morris 1983, J Am Stat Assoc 78:47", "10.1080/01621459.1983.10477920"),
            Reference("Gelman 2006, Bayesian Anal 1:515", "10.1214/06-BA117A"),
        ),
    ),
    Method(
        id="ranking.next/1",
        title="Value of information",
        question="Which experiment would change the decision most, for how many animals?",
        estimand="Expected gain in the score of what is chosen after the experiment, and the "
        "probability that the choice changes.",
        assumptions=(
            "Score and new measurement are jointly normal.",
            "A new animal is as informative as one of the present design.",
        ),
        when_not="Costs other than animals decide, or an experiment informs several candidates.",
        references=(
            Reference("Strong 2015, Med Decis Making 35:570", "10.1177/0272989X15575286"),
        ),
    ),
)  # fmt: skip
