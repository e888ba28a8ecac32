"""Methods of the time-to-event analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="progression.kaplan-meier/1",
        title="Time to event: Kaplan-Meier and restricted mean",
        question="How long do animals last until progression, removal, a first tumour or relapse?",
        estimand="Median, and mean time without event up to a horizon to which every arm was "
        "followed, in days since baseline; differences arm minus comparator, positive is benefit, "
        "by the jackknife with Satterthwaite's degrees of freedom.",
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
        id="progression.logrank/1",
        title="Log-rank test within batches",
        question="Do two arms differ in when animals have the event?",
        estimand="Log-rank test stratified by batch where there are several, over all arms and of "
        "each comparison; beside it the one-step hazard ratio exp((O - E) / V), arm over "
        "comparator, below 1 is benefit. Holm's correction over what is asked alike.",
        assumptions=(
            "Within a batch, animals were assigned to arms at random.",
            "The ratio of hazards is the same all along and in every batch.",
        ),
        when_not="Curves cross, or each batch holds a single arm.",
        references=(
            Reference("Peto & Peto 1972, J R Stat Soc A 135:185", "10.2307/2344317"),
            Reference(
                "Yusuf et al. 1985, Prog Cardiovasc Dis 27:335", "10.1016/S0033-0620(85)80003-7"
            ),
        ),
    ),
    Method(
        id="progression.cox-firth/1",
        title="Hazard ratio with Firth's penalty",
        question="How much slower do animals of an arm progress?",
        estimand="Ratio of hazards, arm over comparator, below 1 is benefit, stratified by batch "
        "where there are several; profile penalised likelihood interval and test, finite where an "
        "arm has no event.",
        assumptions=(
            "The ratio of hazards is the same all along, and in every batch.",
            "Batches may differ in their hazard; one without an event or with a single arm says "
            "nothing.",
        ),
        when_not="Effects come late or curves cross: read the restricted mean.",
        references=(
            Reference(
                "Heinze & Schemper 2001, Biometrics 57:114", "10.1111/j.0006-341X.2001.00114.x"
            ),
            Reference("Efron 1977, JASA 72:557", "10.1080/01621459.1977.10480613"),
            Reference("Kalbfleisch & Prentice 2002, strata", "10.1002/9781118032985"),
        ),
    ),
    Method(
        id="progression.independent-action/1",
        title="Independent drug action on time to event",
        question="Does the combination last longer than if each animal had only its better agent?",
        estimand="Restricted mean observed minus that of S = 1 - C(1 - S_A, 1 - S_B) with a "
        "Gaussian copula C at a stated rank correlation rho of responses (default 0: "
        "S_A + S_B - S_A S_B), in days; at rho 0 by the jackknife with Satterthwaite's degrees of "
        "freedom, else Student's interval with the spread of 1,999 draws of mice with replacement "
        "in each arm; positive is synergy. Beside it the same for a band of rho, "
        "and for the least and the most that any dependence allows.",
        assumptions=(
            "Each animal lasts as long as under the better of its agents.",
            "Responses to the agents are correlated between animals as stated.",
        ),
        when_not="A single-agent arm is missing. Agents that do nothing are expected to do better "
        "together than alone at rho = 0, as the better of two draws: read the least bound too.",
        references=(
            Reference("Palmer & Sorger 2017, Cell 171:1678", "10.1016/j.cell.2017.11.009"),
            Reference("Plackett 1954, Biometrika 41:351", "10.1093/biomet/41.3-4.351"),
        ),
    ),
    Method(
        id="progression.additive-hazards/1",
        title="Additive hazards of two agents",
        question="Are more animals without event than if each agent took its own share of hazard?",
        estimand="log S_AB + log S_vehicle - log S_A - log S_B at the vehicle's median time, with "
        "Greenwood's variance; positive is synergy.",
        assumptions=("Hazards taken off by the two agents add up.",),
        when_not="A curve has fallen to zero by then: a logarithm does not exist.",
        references=(
            Reference(
                "Demidenko & Miller 2019, PLoS ONE 14:e0224137", "10.1371/journal.pone.0224137"
            ),
        ),
    ),
    Method(
        id="progression.turnbull/1",
        title="Events known to lie between two visits",
        question="Would the answer move if we only trusted that the event lies between two visits?",
        estimand="Restricted mean, median and their differences of Turnbull's curve, with events "
        "even between the visits that enclose them; percentile interval of 499 draws of mice. The "
        "check gives the largest move with events at the start, evenly, or at the end, in standard "
        "errors of the interpolated difference; above 0.25 the visits matter.",
        assumptions=("When an animal was visited has nothing to do with when it had the event.",),
        when_not="The day of the event is known, as for death.",
        references=(
            Reference("Turnbull 1976, J R Stat Soc B 38:290", "10.1111/j.2517-6161.1976.tb01597.x"),
        ),
    ),
    Method(
        id="progression.growth-delay/1",
        title="Growth delay, T - C",
        question="By how many days does a treatment delay growth to the target?",
        estimand="Difference of median times to the target, in days, and over the median doubling "
        "time of the control's animals, in doublings; doubling time of an animal is ln 2 over the "
        "slope of its log volume; percentile intervals of 1,999 draws; positive is benefit.",
        assumptions=("Half of the animals of both arms reach the target while followed.",),
        when_not="A median is not reached: the delay has then no upper end. Few animals: medians "
        "jump from one animal to the next.",
        references=(
            Reference("Demidenko 2010, Int J Radiat Biol 86:164", "10.3109/09553000903419304"),
        ),
    ),
)
"""In the order of the section."""
