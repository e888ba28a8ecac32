"""Methods of the analysis of leaving."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

MARTIN = Reference("Martin et al. 2016, Cancer Chemother Pharmacol", "10.1007/s00280-016-3059-x")
LITTLE = Reference(
    "Little & Rubin 2002, Statistical Analysis with Missing Data", "10.1002/9781119013563"
)

METHODS: tuple[Method, ...] = (
    Method(
        id="leaving.who/1",
        title="Who left, when and why",
        question="Do arms lose animals unequally, and for which reasons?",
        estimand="Fraction of animals not measured at the declared day because they left; exact "
        "interval; differences by score (Miettinen and Nurminen); log-rank over arms.",
        assumptions=("The stated reasons are the true ones; unknown ones are not guessed.",),
        when_not="Satellite animals were taken as planned: they count as left.",
        references=(
            Reference("Miettinen & Nurminen 1985, Stat Med 4:213", "10.1002/sim.4780040211"),
            Reference("Peto & Peto 1972, JRSS A 135:185", "10.2307/2344317"),
        ),
    ),
    Method(
        id="leaving.mar/1",
        title="Reference: the mixed model, leaving explained by what was measured",
        question="What is the answer if the measured volumes explain who left?",
        estimand="Growth-rate difference and log ratio at the declared day, as in growth.",
        assumptions=("Given the measured volumes, leaving is independent of later ones.",),
        when_not="Many animals left for reasons that go with growth not yet measured.",
        references=(LITTLE, MARTIN),
    ),
    Method(
        id="leaving.last-observation/1",
        title="Last observation carried forward (for contrast, not recommended)",
        question="What would the common rule of repeating the last volume have said?",
        estimand="The reference model on data with each leaver's last volume repeated.",
        assumptions=("A tumour stops growing on the day its mouse leaves: false.",),
        when_not="Always: shown only so that its answer can be compared.",
        references=(
            Reference(
                "Molenberghs et al. 2004, Biostatistics 5:445", "10.1093/biostatistics/kxh001"
            ),
            MARTIN,
        ),
    ),
    Method(
        id="leaving.complete-cases/1",
        title="Complete cases (for contrast, not recommended)",
        question="What would the animals still there at the declared day alone have said?",
        estimand="The reference model on animals measured at or after the declared day.",
        assumptions=("Animals that left are like those that stayed: false where size decides.",),
        when_not="Always: shown only so that its answer can be compared.",
        references=(LITTLE, MARTIN),
    ),
    Method(
        id="leaving.last-day/1",
        title="Means at the last day, t-test (for contrast, not recommended)",
        question="What would a t-test of those present at the declared day have said?",
        estimand="Difference of mean log volume at the last visit up to the declared day, Welch.",
        assumptions=("Animals that left are like those that stayed: false where size decides.",),
        when_not="Always: controls with large tumours are missing, which hides the drug's effect.",
        references=(Reference("Welch 1947, Biometrika 34:28", "10.1093/biomet/34.1-2.28"), MARTIN),
    ),
    Method(
        id="leaving.delta/1",
        title="Delta-adjusted multiple imputation and its tipping point",
        question="How differently must the animals that left have grown to change the word?",
        estimand="The answer with volumes after leaving imputed from the reference model and "
        "shifted by delta per day (natural log), for animals that left for other or unknown "
        "reasons; Rubin's rules with Barnard-Rubin degrees of freedom. The tipping point is the "
        "smallest shift at which the word changes.",
        assumptions=(
            "After leaving, growth differs from that predicted by one rate for all leavers.",
            "Parameters are drawn from a normal approximation, variances by parametric bootstrap.",
        ),
        when_not="Nobody left early for a reason other than size or plan.",
        references=(
            Reference("Little 1993, JASA 88:125", "10.1080/01621459.1993.10594302"),
            Reference("Rubin 1987, Multiple Imputation", "10.1002/9780470316696"),
            Reference("Barnard & Rubin 1999, Biometrika 86:948", "10.1093/biomet/86.4.948"),
        ),
    ),
    Method(
        id="leaving.joint/1",
        title="Joint model of growth and leaving",
        question="What if animals leave because of how fast their tumour grows?",
        estimand="The answer when each animal's hazard of leaving for a stated other reason is "
        "exp(gamma of its arm + alpha x its random slope in SD); alpha as a hazard ratio.",
        assumptions=(
            "The hazard is constant in time, and log-linear in the random slope.",
            "Random effects are normal; leaving at the size limit is explained by the volumes.",
        ),
        when_not="Fewer than three animals left for a stated reason other than size. With few, it "
        "removes part of the bias only and its intervals are somewhat short (docs/validation).",
        references=(
            Reference(
                "Henderson, Diggle & Dobson 2000, Biostatistics 1:465",
                "10.1093/biostatistics/1.4.465",
            ),
            Reference("Wulfsohn & Tsiatis 1997, Biometrics 53:330", "10.2307/2533118"),
        ),
    ),
)
