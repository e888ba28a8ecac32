"""Methods of the immune analyses."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="landscape.panel/1",
        title="Signatures scored in single samples",
        question="How much of each immune programme is in this tumour?",
        estimand="Score of each signature by the rule of its paper, on a log scale; the axes "
        "infiltration, inflammation and exclusion are means of log2 scores of stated signatures.",
        assumptions=(
            "Expression is normalised within the sample (TPM, counts per million, controls and "
            "housekeepers).",
            "A signature of which less than 60% is measured is refused; below 80% it is a caution.",
        ),
        when_not="To compare cell types with each other: scores compare samples only.",
        references=(
            Reference("Foroutan 2018, BMC Bioinformatics 19:404", "10.1186/s12859-018-2435-4"),
            Reference("Barbie 2009, Nature 462:108", "10.1038/nature08460"),
        ),
    ),
    Method(
        id="landscape.populations/1",
        title="Cell populations and proteins",
        question="How much of each population and protein is in this tumour?",
        estimand="Fractions of a stated whole as log odds (half an event added to each side where "
        "events were counted, else half the smallest value stands for zero); counts, cells per mg, "
        "intensities, folds and concentrations as log2; the axis infiltration is the CD8 T cell "
        "population counted against the widest whole, inflammation what CD8 T cells do (granzyme "
        "B, interferon gamma), or the mean of CCL5, CXCL9, CXCL10 and IFNG.",
        assumptions=(
            "The denominator is what was declared; populations of different wholes are never "
            "compared.",
            "A protein beyond a limit of detection is censored at it, normal on the log scale in "
            "each arm: restricted likelihood, degrees of freedom from its information.",
            "An arm with fewer than two measured values gives a bound, not an interval.",
        ),
        when_not="To compare populations with each other, or fractions of one whole as if they "
        "were free: they sum to it.",
        references=(
            Reference("Tobin 1958, Econometrica 26:24", "10.2307/1907382"),
            Reference("Helsel 2012, Statistics for Censored Data", "10.1002/9781118162729"),
        ),
    ),
    Method(
        id="landscape.shift/1",
        title="Shift of a marker against matched controls",
        question="How far did the treatment move this marker?",
        estimand="Difference of arm means on the marker's scale, arm minus comparator; Q4 observed "
        "minus additive; each arm keeps its own variance, degrees of freedom by Satterthwaite.",
        assumptions=(
            "Controls are of the same model, day and tissue.",
            "Batch effects are the same in all arms; where batches cross arms they are taken out "
            "as fixed effects, and the interval is widened by what that costs: of a few staining "
            "batches no variance can be estimated.",
        ),
        when_not="A mean hides that some animals moved far and others not at all: read the switch.",
        references=(
            Reference("Welch 1947, Biometrika 34:28", "10.1093/biomet/34.1-2.28"),
            Reference("Satterthwaite 1946, Biometrics Bull 2:110", "10.2307/3002019"),
        ),
    ),
    Method(
        id="landscape.switch/1",
        title="Animals past their controls' predictive bound",
        question="How many animals did the treatment switch, and which?",
        estimand="Share of treated animals above the value that one further control exceeds with "
        "probability 5%, with Jeffreys interval; probability that the treatment moves at least "
        "half of such animals, averaged over what the controls leave open.",
        assumptions=(
            "Controls are roughly normal on the marker's scale.",
            "Before any animal is seen, a treatment moves half or more with probability 0.29.",
            "The cut is a convention: infiltration is a continuum.",
        ),
        when_not="Fewer than three controls of the same day.",
        references=(
            Reference("Geisser 1993, Predictive Inference", "10.1201/9780203742310"),
            Reference("Brown 2001, Stat Sci 16:101", "10.1214/ss/1009213286"),
        ),
    ),
    Method(
        id="landscape.phenotype/1",
        title="Desert, excluded or inflamed",
        question="What kind of tumour is this one?",
        estimand="Probability that the animal's infiltration lies beyond its controls' 95% "
        "quantile. Without tissue an excluded tumour cannot be told from an inflamed one.",
        assumptions=("The vehicle tumours of the model are the reference of cold.",),
        when_not="The untreated model is hot already: then read the shift.",
        references=(Reference("Chen & Mellman 2017, Nature 541:321", "10.1038/nature21349"),),
    ),
    Method(
        id="landscape.tissue/1",
        title="Phenotype from cells in tissue",
        question="Is the tumour desert, excluded or inflamed, by where its T cells lie?",
        estimand="Probability of each phenotype. Inflamed: density in the tumour above the cut and "
        "cells not keeping away from tumour cells. Desert: below the cut in tumour and stroma. "
        "Excluded: the rest. Densities have a Gamma posterior of their counts (Jeffreys), wider "
        "where fields scatter; keeping away is cross-K below two thirds of what shuffled labels "
        "give. CD8 (cut 150 per mm2) and CD3 (300) have the same say. Shares of arms: "
        "Poisson-binomial over animals, Jeffreys' prior.",
        assumptions=(
            "The sections stand for the tumour, and image analysis called the cells rightly.",
            "The tissue fills the convex hull of its cells: with large holes densities are low.",
            "The cuts are a convention on a continuum; animals whose word changes when all cuts "
            "move by a quarter are marked.",
        ),
        when_not="Sections without tumour, or of its rim only.",
        references=(
            Reference("Chen & Mellman 2017, Nature 541:321", "10.1038/nature21349"),
            Reference("Kather 2018, eLife 7:e36967", "10.7554/eLife.36967"),
            Reference("Blessin 2020, Cell Oncol 43:421", "10.1007/s13402-020-00496-7"),
            Reference("Ripley 1976, J Appl Probab 13:255", "10.2307/3212829"),
        ),
    ),
    Method(
        id="landscape.agreement/1",
        title="Assays side by side, on the scale of the controls",
        question="Do RNA, flow, protein and tissue say the same of a treatment?",
        estimand="Shift of the arm's mean from its controls, in standard deviations of the "
        "controls, by each assay; assays are never averaged.",
        assumptions=(
            "Controls scatter for the same reasons in each assay.",
            "An assay with more noise shows a smaller shift in these units.",
        ),
        when_not="Fewer than three controls.",
        references=(Reference("Bonett 2008, Psychol Methods 13:99", "10.1037/1082-989X.13.2.99"),),
    ),
    Method(
        id="differential.voom/1",
        title="Moderated linear model of every gene",
        question="Which genes did the treatment move?",
        estimand="Difference of mean log2 expression, arm minus comparator; Q4 observed minus "
        "additive. Counts: libraries by TMM, precision weights by voom, genes with ten reads in a "
        "library of median size in as many samples as the smallest arm. TPM and NanoString: log2 "
        "values that reach one in as many animals, one prior variance.",
        assumptions=(
            "Most genes do not move; variances of genes scatter around a common one.",
            "Arms share one residual variance a gene; batches add the same to all arms.",
        ),
        when_not="Single cells; fewer than two animals more than arms.",
        references=(
            Reference("Law 2014, Genome Biol 15:R29", "10.1186/gb-2014-15-2-r29"),
            Reference("Smyth 2004, Stat Appl Genet Mol Biol 3:3", "10.2202/1544-6115.1027"),
            Reference("Robinson & Oshlack 2010, Genome Biol 11:R25", "10.1186/gb-2010-11-3-r25"),
        ),
    ),
    Method(
        id="differential.deseq2/1",
        title="Negative binomial model of every gene (PyDESeq2)",
        question="Which genes did the treatment move?",
        estimand="Log2 ratio of expected counts by maximum likelihood, arm against comparator; Q4 "
        "observed against additive; Wald tests.",
        assumptions=(
            "Counts are negative binomial with a dispersion near the trend of all genes.",
            "Most genes do not move.",
        ),
        when_not="Values that are not raw counts; few animals with an outlier among them: then it "
        "calls many more genes than voom.",
        references=(
            Reference("Love 2014, Genome Biol 15:550", "10.1186/s13059-014-0550-8"),
            Reference("Muzellec 2023, Bioinformatics 39:btad547", "10.1093/bioinformatics/btad547"),
        ),
    ),
)
