"""Methods of the response analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="response.mrecist/1",
        title="Best response of each animal (mRECIST)",
        question="Does this animal's tumour shrink, stand or grow?",
        estimand="Category of best and best average change of volume from baseline, counted from "
        "the tenth day after baseline on: CR below -95% and -40%, PR below -50% and -20%, SD below "
        "35% and 30%, else PD; time to twice the baseline by linear interpolation.",
        assumptions=(
            "A visit from the first day that counts exists; else the animal is not evaluable.",
            "A volume at or below the detection limit is no measurable tumour: -100%.",
        ),
        when_not="Visits are rare: the best of few is rarely good. The first day that counts "
        "changes the calls; it is an option and printed.",
        references=(Reference("Gao 2015, Nat Med 21:1318", "10.1038/nm.3954"),),
    ),
    Method(
        id="response.recist/1",
        title="Best response of each animal by the protocol's thresholds (RECIST-like)",
        question="Does this animal's tumour shrink, stand or grow, by this protocol's thresholds?",
        estimand="Best visit: CR, PR or PD by change of volume, or of the diameter of a sphere of "
        "that volume, from baseline; else SD. Thresholds, first day, confirmation at two visits "
        "and what PD is counted from are options, and printed.",
        assumptions=(
            "A visit from the first day that counts exists; else the animal is not evaluable.",
            "A volume at or below the detection limit is no measurable tumour: -100%.",
        ),
        when_not="Calls are compared with those of another rule: the same mouse may change.",
        references=(
            Reference("Eisenhauer 2009, Eur J Cancer 45:228", "10.1016/j.ejca.2008.10.026"),
        ),
    ),
    Method(
        id="response.odds-ratio/1",
        title="Odds ratio of response",
        question="How much greater are the odds of response in an arm than in another?",
        estimand="Conditional maximum likelihood odds ratio with mid-p interval, arm / comparator, "
        "above 1 is benefit; 0 or infinite where one arm has no or only responders.",
        assumptions=("Animals are independent.",),
        when_not="Arms of the same models are compared: pairs need McNemar's.",
        references=(Reference("Berry & Armitage 1995, Statistician 44:417", "10.2307/2348891"),),
    ),
    Method(
        id="response.rate/1",
        title="Response rates and their differences",
        question="How many animals of an arm respond, and how many more than in another?",
        estimand="Fraction of animals with CR or PR, or tumour-free at the last visit, with "
        "Jeffreys (and exact) interval; difference of two fractions with score interval and test, "
        "arm minus comparator, positive is benefit.",
        assumptions=("Animals are independent.", "An animal not evaluable did not respond."),
        when_not="Whole cages were treated: the animals of a cage are then not independent.",
        references=(
            Reference("Brown 2001, Stat Sci 16:101", "10.1214/ss/1009213286"),
            Reference("Miettinen & Nurminen 1985, Stat Med 4:213", "10.1002/sim.4780040211"),
        ),
    ),
    Method(
        id="response.independent-action/1",
        title="Independent action of two agents on response",
        question="Do more animals respond than if each agent cured its own share?",
        estimand="Observed response rate minus 1 - (1 - rate of A)(1 - rate of B), with limits "
        "recovered from Wilson's interval of each arm; positive is synergy.",
        assumptions=("Agents that do not interact act on animals independently.",),
        when_not="A single-agent arm is missing. Where agents alone cure no animal, few outcomes "
        "are possible and the interval covers more than its level.",
        references=(
            Reference("Zou & Donner 2008, Stat Med 27:1693", "10.1002/sim.3095"),
            Reference("Bliss 1939, Ann Appl Biol 26:585", "10.1111/j.1744-7348.1939.tb06990.x"),
        ),
    ),
)
