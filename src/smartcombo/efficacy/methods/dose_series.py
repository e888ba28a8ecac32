"""Methods of the dose-series analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="dose-series.trend/1",
        title="Trend with dose by Williams' contrasts",
        question="Do tumours grow slower with more of the agent?",
        estimand="Strongest of the contrasts of the highest doses with the lowest, in growth rate "
        "per day; negative is benefit. Interval and p hold for all contrasts together "
        "(multivariate t).",
        assumptions=("Benefit does not fall with dose.", "Those of the growth model."),
        when_not="Doses turn from benefit to harm: read the steps.",
        references=(
            Reference("Williams 1971, Biometrics 27:103", "10.2307/2528930"),
            Reference("Bretz 2006, Comput Stat Data Anal 50:1735", "10.1016/j.csda.2005.01.004"),
        ),
    ),
    Method(
        id="dose-series.turn/1",
        title="More dose, less benefit",
        question="Does a higher dose do less than a lower one?",
        estimand="Growth rate at the higher minus the lower of each pair of doses, per day; "
        "positive is less benefit. Intervals and p hold for all pairs together (multivariate t).",
        assumptions=("Those of the growth model.",),
        when_not="Arms were not randomised together.",
        references=(
            Reference("Hothorn, Bretz & Westfall 2008, Biom J 50:346", "10.1002/bimj.200810425"),
        ),
    ),
)
