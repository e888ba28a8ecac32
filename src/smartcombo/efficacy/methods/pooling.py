"""Methods that pool studies."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="pooling.random-effects/1",
        title="Random-effects mean of several studies",
        question="What is the effect over studies, and what would the next study show?",
        estimand="Mean of the studies' true effects by DerSimonian and Laird, with the interval of "
        "Hartung and Knapp; interval for the true effect in one new study.",
        assumptions=(
            "Studies are exchangeable and independent.",
            "Each estimate is about normal with a known standard error; where an estimate has only "
            "an interval, its width gives it. Log odds ratios have half an animal added to each "
            "cell.",
        ),
        when_not="There are two studies: the interval is then honest and nearly useless.",
        references=(
            Reference("DerSimonian & Laird 1986, Control Clin Trials 7:177",
                      "10.1016/0197-2456(86)90046-2"),
            Reference("Hartung & Knapp 2001, Stat Med 20:1771", "10.1002/sim.791"),
            Reference("Higgins 2009, J R Stat Soc A 172:137",
                      "10.1111/j.1467-985X.2008.00552.x"),
        ),
    ),
    Method(
        id="pooling.beta-binomial/1",
        title="Response rate over studies (beta-binomial)",
        question="How much do response rates of the same arm differ between studies?",
        estimand="Mean response rate and intraclass correlation of animals of one study, by "
        "maximum likelihood; a correlation of zero is one common rate.",
        assumptions=("Rates of studies follow a beta distribution.",),
        when_not="There are fewer than four studies: the correlation is then hardly known.",
        references=(Reference("Williams 1975, Biometrics 31:949", "10.2307/2529820"),),
    ),
)  # fmt: skip
