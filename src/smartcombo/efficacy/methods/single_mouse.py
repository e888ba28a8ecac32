"""Methods of programmes of single mice."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

PAIRED = "The models that had every treatment of a comparison stand for all models."
WHEN_NOT = "Arms of one model have several animals: growth and response then say more about each."

METHODS: tuple[Method, ...] = (
    Method(
        id="programme.rate/1",
        title="Response rate over models",
        question="In how many models does a treatment work?",
        estimand="Fraction of models whose mouse has CR or PR, with Jeffreys interval.",
        assumptions=("Models are independent.", "A mouse not evaluable did not respond."),
        when_not=WHEN_NOT,
        references=(
            Reference("Gao 2015, Nat Med 21:1318", "10.1038/nm.3954"),
            Reference("Brown 2001, Stat Sci 16:101", "10.1214/ss/1009213286"),
        ),
    ),
    Method(
        id="programme.mcnemar/1",
        title="Response of two treatments in the same models",
        question="Does a treatment make models respond that another does not?",
        estimand="Difference of the two response rates over models with Tango's score interval and "
        "test; conditional odds ratio with mid-p interval. For Q4 the comparator responds in a "
        "model if any part of the combination does (independent action, model by model).",
        assumptions=("Models are independent.", PAIRED),
        when_not="Fewer than about ten models differ: the interval is then very wide.",
        references=(
            Reference(
                "Tango 1998, Stat Med 17:891",
                "10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B",
            ),
            Reference("Fagerland 2013, BMC Med Res Methodol 13:91", "10.1186/1471-2288-13-91"),
            Reference("Palmer & Sorger 2017, Cell 171:1678", "10.1016/j.cell.2017.11.009"),
        ),
    ),
    Method(
        id="programme.paired-t/1",
        title="Growth rates of two treatments in the same models",
        question="Do tumours of the same model grow slower under one treatment?",
        estimand="Mean over models of the difference in slope of log volume, with Student's "
        "interval; it is the mixed model with one random effect a model, as pairs are complete. "
        "Negative is benefit; for Q4 observed minus expected, negative is synergy.",
        assumptions=("Differences are about normal over models.", PAIRED),
        when_not="Cured mice are many: their slope depends on the detection limit; read the "
        "signed-rank shift and the response.",
        references=(Reference("Student 1908, Biometrika 6:1", "10.1093/biomet/6.1.1"),),
    ),
    Method(
        id="programme.signed-rank/1",
        title="Shift of growth rates in the same models",
        question="Do tumours grow slower in most models, whatever a few do?",
        estimand="Hodges-Lehmann shift of the differences in slope with the limits of the "
        "signed-rank test; negative is benefit.",
        assumptions=("Differences are symmetric over models.", PAIRED),
        when_not="Fewer than six models: no interval of 95% exists.",
        references=(Reference("Hodges & Lehmann 1963, Ann Math Stat 34:598",
                              "10.1214/aoms/1177704172"),),
    ),
    Method(
        id="programme.pseudo-values/1",
        title="Time to double in the same models",
        question="How much longer do tumours need to double?",
        estimand="Difference in restricted mean time to twice the baseline volume, with the "
        "paired interval of its jackknife pseudo-values; positive is benefit. For Q4 the "
        "comparator's time is the longest of the parts in each model.",
        assumptions=("Censoring does not depend on the time to double.", PAIRED),
        when_not="Follow-up of one treatment is much shorter than of the other.",
        references=(Reference("Andersen 2003, Biometrika 90:15", "10.1093/biomet/90.1.15"),),
    ),
)  # fmt: skip
