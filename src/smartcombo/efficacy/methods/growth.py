"""Methods of the growth analysis."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

_LAIRD = Reference("Laird & Ware 1982, Biometrics 38:963", "10.2307/2529876")
_CLDA = Reference("Liu 2009, Stat Med 28:2509", "10.1002/sim.3639")
_PINHEIRO = Reference("Pinheiro & Bates 2000, Mixed-Effects Models", "10.1007/b98882")
_BLISS = Reference("Demidenko & Miller 2019, PLoS ONE 14:e0224137", "10.1371/journal.pone.0224137")
_COMPETING = Reference("SynergyLMM, R package", "10.32614/CRAN.package.SynergyLMM")

METHODS: tuple[Method, ...] = (
    Method(
        id="growth.lmm/1",
        title="Mixed model of log volume with a common mean at randomisation",
        question="How fast do the tumours of each arm grow, and how do the arms differ?",
        estimand="Difference in growth rate (natural log of volume per day) from baseline to the "
        "declared day, and log ratio of geometric mean volumes at that day; arm minus comparator, "
        "negative is benefit.",
        assumptions=(
            "Animals were randomised, so that arms have the same mean log volume at baseline.",
            "Log volume of an animal scatters normally around its own line; starts and slopes of "
            "animals are jointly normal with one covariance matrix.",
            "Whether an animal leaves depends on its measured volumes only (size limit), not on "
            "what was not measured.",
            "The animal is the experimental unit; animals are independent given the arm.",
        ),
        when_not="An arm is a mixture of cured and progressing animals, or many values are at the "
        "detection limit: the growth rate then describes no animal.",
        references=(_LAIRD, _CLDA, _PINHEIRO),
    ),
    Method(
        id="growth.censored/1",
        title="Left-censored mixed model",
        question="What do volumes below the detection limit say about growth?",
        estimand="As the mixed model of log volume; a value at or below the limit says that the "
        "log volume lies below it. Restricted likelihood with the random effects integrated by "
        "adaptive quadrature; Satterthwaite degrees of freedom.",
        assumptions=(
            "Below the limit log volume goes on along the animal's own line.",
            "One residual variance.",
        ),
        when_not="Cured animals make an arm a mixture: the rate then averages cured and "
        "progressing animals and describes none of them.",
        references=(
            Reference("Hughes 1999, Biometrics 55:625", "10.1111/j.0006-341X.1999.00625.x"),
            Reference("Maestrini, Hui & Welsh 2024, arXiv", "10.48550/arXiv.2402.12719"),
        ),
    ),
    Method(
        id="growth.gompertz/1",
        title="Gompertz growth of the arms",
        question="Does growth, or regression, slow as time goes on?",
        estimand="As the mixed model of log volume, with log V(t) = log V(0) + r (1 - exp(-rho t)) "
        "/ rho: r random in each animal, rho one an arm, 0 or more. Growth rates are average rates "
        "from baseline to the declared day; r may be negative. rho by exact maximum likelihood; "
        "its uncertainty enters every standard error by the delta method, and the degrees of "
        "freedom are those of the model that is linear in it at the estimate.",
        assumptions=(
            "Animals of an arm share how fast their growth slows.",
            "An arm whose growth speeds up is taken as exponential (status: boundary).",
        ),
        when_not="Tumours regress and grow again: the curve cannot turn; compare the quadratic and "
        "piecewise rows of the table of shapes.",
        references=(
            Reference("Laird 1964, Br J Cancer 18:490", "10.1038/bjc.1964.55"),
            Reference("Lindstrom & Bates 1990, Biometrics 46:673", "10.2307/2532087"),
        ),
    ),
    Method(
        id="growth.piecewise/1",
        title="A line that bends at one day",
        question="Does an effect start late, after a lag?",
        estimand="As the mixed model of log volume, with a rate of each arm before and after one "
        "day that all arms share, stated or estimated by maximum likelihood; its interval is that "
        "of the likelihood ratio. Growth rates are average rates from baseline to the declared "
        "day, whose standard errors count an estimated day as estimated.",
        assumptions=("All arms bend on the same day, and the bend is sharp.",),
        when_not="An arm has fewer than two visits on either side of the bend.",
        references=(Reference("Muggeo 2003, Stat Med 22:3055", "10.1002/sim.1545"),),
    ),
    Method(
        id="growth.kenward-roger/1",
        title="Kenward-Roger covariance and degrees of freedom",
        question="How sure is a contrast with few animals?",
        estimand="Standard error, degrees of freedom, interval and p of a contrast.",
        assumptions=(
            "The covariance model holds.",
            "V is linear in its parameters; for the power variance Satterthwaite is used instead.",
        ),
        when_not="The covariance model is in doubt: compare CR2.",
        references=(Reference("Kenward & Roger 1997, Biometrics 53:983", "10.2307/2533558"),),
    ),
    Method(
        id="growth.satterthwaite/1",
        title="Satterthwaite degrees of freedom",
        question="How sure is a contrast with few animals?",
        estimand="Degrees of freedom of the model-based t statistic of a contrast.",
        assumptions=("The covariance model holds.",),
        when_not="Very few animals: Kenward-Roger also corrects the standard error.",
        references=(Reference("Kuznetsova 2017, J Stat Softw 82(13)", "10.18637/jss.v082.i13"),),
    ),
    Method(
        id="growth.bootstrap/1",
        title="Studentised parametric bootstrap",
        question="How sure is a contrast where degrees of freedom are in doubt?",
        estimand="Interval and p of a contrast from 1,999 refits to studies simulated from the "
        "fitted model on the same animals and visits.",
        assumptions=("The covariance model holds.",),
        when_not="The covariance model is in doubt: compare CR2.",
        references=(
            Reference("Davison & Hinkley 1997, Bootstrap Methods", "10.1017/CBO9780511802843"),
            Reference("Halekoh & Hojsgaard 2014, J Stat Softw 59(9)", "10.18637/jss.v059.i09"),
        ),
    ),
    Method(
        id="growth.case-bootstrap/1",
        title="Studentised bootstrap of animals",
        question="Does the answer stand if the animals are not as normal as the model says?",
        estimand="As the mixed model of log volume. Interval and p of a contrast from refits to "
        "animals drawn with replacement within their arms (option bootstrap, off by default): the "
        "estimate plus and minus the quantile of |refit - estimate| / model standard error of the "
        "refit. Values below the detection limit stay censored in each refit.",
        assumptions=(
            "Animals of an arm are independent and exchangeable; the mean curve holds.",
            "The mice of an arm show what its population can do: a kind of animal that was not "
            "drawn into the study is in no resample.",
        ),
        when_not="Arms of fewer than about eight animals, whose resamples are few (below five it "
        "is refused); whole cages were treated; a variance or a shape whose parameters are not "
        "refitted (residual variances that differ, Gompertz, an estimated bend).",
        references=(
            Reference("Davison & Hinkley 1997, Bootstrap Methods", "10.1017/CBO9780511802843"),
            Reference("Hall 1988, Annals of Statistics 16:927", "10.1214/aos/1176350933"),
            Reference("Thai et al. 2013, Pharm Stat 12:129", "10.1002/pst.1561"),
        ),
    ),
    Method(
        id="growth.cr2/1",
        title="Cluster-robust covariance CR2 with Satterthwaite degrees of freedom",
        question="Does the answer stand if the covariance model is wrong?",
        estimand="Standard error, degrees of freedom, interval and p of a contrast.",
        assumptions=("Animals are independent; the mean curve holds.",),
        when_not="Arms of fewer than about five animals: the degrees of freedom become few.",
        references=(
            Reference("Pustejovsky & Tipton 2018, JBES 36:672", "10.1080/07350015.2016.1247004"),
        ),
    ),
    Method(
        id="growth.bliss/1",
        title="Bliss expectation on log volume",
        question="Is the combination more than two agents that do not interact (Q4)?",
        estimand="log(expected / observed) geometric mean volume at the declared day, positive is "
        "synergy; at the rate level observed minus expected growth rate, negative is synergy. "
        "Expected log growth = sum of the single agents' minus (k - 1) times the vehicle's.",
        assumptions=(
            "Effects that do not interact add on the log scale (survival fractions of "
            "cells multiply).",
        ),
        when_not="A single-agent or vehicle arm is missing.",
        references=(_BLISS, _COMPETING),
    ),
    Method(
        id="growth.hsa/1",
        title="Highest single agent by an intersection-union test",
        question="Is the combination better than every one of its parts (Q4)?",
        estimand="log(best single / combination) geometric mean volume at the declared day, "
        "positive is synergy.",
        assumptions=("None on how agents interact.",),
        when_not="As a claim of interaction: an added effect of independent agents also passes.",
        references=(
            Reference("Berger 1982, Technometrics 24:295", "10.1080/00401706.1982.10487790"),
        ),
    ),
    Method(
        id="growth.response-additivity/1",
        title="Response additivity of tumour growth inhibition",
        question="Is the inhibition more than the sum of the single agents' (Q4)?",
        estimand="TGI of the combination minus the sum of the single agents' TGI, with TGI = 1 - "
        "T/C of geometric mean volumes; positive is synergy. Delta-method interval.",
        assumptions=("Effects that do not interact add on the volume scale.",),
        when_not="The single agents' TGI sum beyond 1: the expectation is then a negative volume.",
        references=(_COMPETING,),
    ),
    Method(
        id="growth.bands/1",
        title="Simultaneous bands over time",
        question="When, over the whole course, is there an effect?",
        estimand="Limits that hold at all visits together at the stated level.",
        assumptions=("As the mixed model; multivariate t with the smallest degrees of freedom.",),
        when_not="For one declared day: use its own interval, which is narrower.",
        references=(
            Reference("Hothorn 2008, Biometrical Journal 50:346", "10.1002/bimj.200810425"),
        ),
    ),
    Method(
        id="growth.robustness/1",
        title="Specification table",
        question="Would another reasonable model have given another word?",
        estimand="The same contrasts over variance, time scale, baseline rule, covariance and "
        "shape of growth; AIC and BIC of the shapes by full likelihood, BIC counting animals.",
        assumptions=("None; it is descriptive, and no specification is picked from it.",),
        when_not="To choose the answer one likes.",
        references=(
            Reference("Steegen 2016, Perspect Psychol Sci 11:702", "10.1177/1745691616658637"),
        ),
    ),
    Method(
        id="growth.clusters/1",
        title="Cages and batches as random effects",
        question="Do the answers stand when the animals of one cage are alike?",
        estimand="As the mixed model of log volume, with a random start and slope of each cage (or "
        "batch) above the animal; Satterthwaite degrees of freedom, at most clusters minus arms "
        "where every cluster holds one arm.",
        assumptions=(
            "Cages scatter normally around their arm's line, animals around that of their cage.",
        ),
        when_not="Fewer than four cages in all, or one an arm: drug and cage cannot be told apart.",
        references=(
            Reference("Laird & Ware 1982, Biometrics 38:963", "10.2307/2529876"),
            Reference("Kuznetsova et al. 2017, J Stat Softw 82(13)", "10.18637/jss.v082.i13"),
            Reference("Hurlbert 1984, Ecol Monogr 54:187", "10.2307/1942661"),
        ),
    ),
    Method(
        id="growth.third-order/1",
        title="Three agents against what their pairs predict",
        question="Does the triple do more than its three pairs, interactions included, predict?",
        estimand="log(expected / observed) geometric mean volume at the declared day with the "
        "expectation pairs - singles + vehicle on log volume, positive is synergy; at the rate "
        "level observed minus expected growth rate, negative is synergy.",
        assumptions=("Every pair interacts in the triple as it does alone.",),
        when_not="An arm of the 2 x 2 x 2 design is missing. Eight arms add their noise: expect "
        "wide intervals.",
        references=(
            Reference("Slinker 1998, J Mol Cell Cardiol 30:723", "10.1006/jmcc.1998.0655"),
            Reference("Bliss 1939, Ann Appl Biol 26:585", "10.1111/j.1744-7348.1939.tb06990.x"),
        ),
    ),
)
