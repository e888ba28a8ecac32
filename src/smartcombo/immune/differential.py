"""Which genes a treatment moved: the four questions in every gene, against matched controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import CHECK_COLUMNS, Result, estimates_frame, stacked
from smartcombo.core.verdicts import benjamini_hochberg, holm
from smartcombo.immune.engines import (
    LEAST_LOG2,
    GeneDesign,
    deseq2_tests,
    enough_reads,
    enough_signal,
    linear_engine,
)
from smartcombo.immune.panel import gene_lists
from smartcombo.immune.shifts import WORDS
from smartcombo.study.arms import combinations_of
from smartcombo.study.assays.model import Expression
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, first_of_each, study_questions

Engine = Literal["voom", "deseq2"]
NAMED_BY = ("chemokine_axis", "cyt", "cd8_teff", "danaher_cd8", "danaher_t", "danaher_nk", "ifng6",
            "gep18", "mhc1")  # fmt: skip
"""Signatures whose genes are named in the estimates; every gene is in the table ``genes``."""
GENE_COLUMNS = (
    "model", "day", "tissue", "question", "contrast", "null_model", "arm", "gene", "value", "low",
    "high", "se", "df", "t", "p", "p_bh", "level", "n", "named", "engine", "verdict",
)  # fmt: skip
GROUP = ["model", "day", "tissue"]


@dataclass(frozen=True, slots=True)
class DifferentialOptions:
    """Options of :func:`smartcombo.immune.differential`.

    Attributes
    ----------
    level
        Confidence level of intervals; default that of plan.toml (0.95).
    engine
        ``"voom"`` (default: at five animals an arm it calls few genes and keeps its error rate; it
        runs without extras, on counts, TPM and NanoString alike) or ``"deseq2"`` (PyDESeq2, extra
        ``deseq2``, counts only; calls more genes, and more that one outlying animal makes).
    false_discovery
        Share of false genes among those called higher or lower.
    """

    level: float | None = None
    engine: Engine = "voom"
    false_discovery: float = 0.05

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")
        if self.engine not in ("voom", "deseq2"):
            raise ValueError(f"engine={self.engine!r}: expected 'voom' or 'deseq2'")
        if not 0 < self.false_discovery < 1:
            raise ValueError(
                f"false_discovery={self.false_discovery!r}: expected a fraction such as 0.05"
            )


def differential(study: Study, options: DifferentialOptions | None = None) -> Result:
    """Answer which genes each treatment moved, and which the combination moved more than added.

    Raw counts where the study has them (voom's precision weights after TMM), else log2 values
    (moderated, one prior variance). Within animals of one model, day and tissue; batches are
    columns of the model; genes that the strain masks are left out. Use it to see the genes behind a
    switch; for the switch itself read :func:`landscape`, whose signatures are steadier than genes.

    Parameters
    ----------
    study
        A checked study with expression.
    options
        Level, engine, false discovery rate.

    Returns
    -------
    Result
        ``estimates``: log2 fold changes of the panel's main genes, arm minus comparator, **plus is
        higher**; Q4 observed minus additive, **plus is more than additive**; intervals are not
        corrected, ``p_bh`` and ``p_holm`` are over all genes of the comparison. ``tables``:
        ``genes``, every gene tested (``level`` is its mean log2 value; ``verdict`` by ``p_bh``),
        ``called``, the numbers called.

    Raises
    ------
    AnalysisRefused
        If the study has no expression, or DESeq2 is asked of a study without counts.
    ImportError
        If ``engine="deseq2"`` and the extra ``deseq2`` is not installed.

    References
    ----------
    Law et al. 2014, 10.1186/gb-2014-15-2-r29; Smyth 2004, 10.2202/1544-6115.1027; Love, Huber and
    Anders 2014, 10.1186/s13059-014-0550-8.
    """
    options = options or DifferentialOptions()
    level = study.plan.level if options.level is None else options.level
    expression = _source(study, options.engine)
    measured = study.samples["sample"].isin(expression.values.columns)
    samples = study.samples[measured].sort_values("day", kind="stable")
    tables, findings = [], []
    for key, own in samples.groupby(GROUP, sort=False, dropna=False):
        place = dict(zip(GROUP, key, strict=True))
        design, problem = _design(expression, own, place, options.engine)
        if design is None:
            findings += [problem] if problem else []
            continue
        tables += _tested(study, design, place, expression, options, level)
    genes = stacked([pd.DataFrame(columns=list(GENE_COLUMNS)), *tables])
    return Result(
        study=study.id,
        analysis="differential",
        estimates=_estimates(study, genes, level, options.engine),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        findings=tuple(findings),
        tables={"genes": genes, "called": called_table(genes)},
        methods=(f"differential.{options.engine}/1",),
        options={"level": level, "engine": options.engine, "scale": expression.scale,
                 "false_discovery": options.false_discovery},
    )  # fmt: skip


def _source(study: Study, engine: Engine) -> Expression:
    """Return counts where there are any, else expression on another scale."""
    counts, expression = study.assays.counts, study.assays.expression
    if counts is not None:
        return counts
    if expression is None:
        raise AnalysisRefused(
            f"differential expression of {study.id}: no expression; name [tables.counts] or "
            "[tables.expression] in study.toml"
        )
    if engine == "deseq2" and expression.scale != "counts":
        raise AnalysisRefused(
            f"differential expression of {study.id}: DESeq2 needs raw counts, found "
            f"{expression.scale}; name [tables.counts] in study.toml, or use engine='voom'"
        )
    return expression


def _design(
    expression: Expression, samples: pd.DataFrame, place: Mapping[str, Any], engine: Engine
) -> tuple[GeneDesign | None, Finding | None]:
    """Return the genes and the model matrix of one group, or why it cannot be fitted."""
    animals = samples.drop_duplicates("animal").set_index("animal")
    arms = tuple(dict.fromkeys(animals["arm"]))
    sizes = animals["arm"].value_counts()
    if len(arms) < 2:
        return None, None
    if len(animals) <= len(arms):
        return None, _too_few(place, len(animals), len(arms))
    X, confounded = _columns(animals, arms)
    values = _by_animal(expression, samples, list(animals.index))
    kept = _kept(expression, values.to_numpy(float), [int(n) for n in sizes], engine)
    design = GeneDesign(values[kept], X, arms, {arm: int(sizes[arm]) for arm in arms})
    return design, _batches(place) if confounded else None


def _by_animal(expression: Expression, samples: pd.DataFrame, animals: list[str]) -> pd.DataFrame:
    """Return genes x animals: reads summed, or log2 values averaged, over an animal's samples."""
    counts = expression.scale == "counts"
    values = expression.values if counts else expression.log2()
    own = values[list(samples["sample"])].T.groupby(samples["animal"].to_numpy(), sort=False)
    return (own.sum() if counts else own.mean()).T[animals]


def _columns(animals: pd.DataFrame, arms: tuple[str, ...]) -> tuple[np.ndarray, bool]:
    """Return the model matrix, and whether batches had to be left out of it."""
    own = (animals["arm"].to_numpy()[:, None] == np.array(arms)).astype(float)
    codes, names = pd.factorize(animals["batch"])
    extra = (codes[:, None] == np.arange(1, len(names))).astype(float)
    X = np.column_stack([own, extra])
    full = np.linalg.matrix_rank(X) == X.shape[1] and len(X) > X.shape[1]
    return (X, False) if full else (own, True)


def _kept(
    expression: Expression, values: np.ndarray, sizes: list[int], engine: Engine
) -> np.ndarray:
    if engine == "deseq2":
        return np.asarray(values.sum(axis=1) > 0)
    if expression.scale == "counts":
        return enough_reads(values, sizes)
    floor = None if expression.scale == "log2" else LEAST_LOG2
    return enough_signal(values, sizes, floor=floor)


def _tested(
    study: Study, design: GeneDesign, place: Mapping[str, Any], expression: Expression,
    options: DifferentialOptions, level: float,
) -> list[pd.DataFrame]:  # fmt: skip
    """Return a table of genes for each question that can be asked."""
    asked = study_questions(study, combinations_of(study), design.arms)
    questions = first_of_each([q for q in asked if q.null_model in ("", "bliss")])
    questions = [q for q in questions if not q.missing]
    if not questions:
        return []
    contrasts = {str(k): q.weights for k, q in enumerate(questions)}
    if options.engine == "deseq2":
        tests = deseq2_tests(design, contrasts, level)
    else:
        engine = linear_engine(design, counts=expression.scale == "counts")
        tests = {name: engine.test(weights, level) for name, weights in contrasts.items()}
    named = named_genes("human" if study.facts.get("species") == "human" else "mouse")
    extra = pd.DataFrame({"gene": design.values.index, "level": _levels(design, expression.scale)})
    extra = extra.assign(named=extra["gene"].isin(named), **place)
    said = expression.usable()
    return [
        _gene_rows(
            question, tests[str(k)].loc[tests[str(k)].index.isin(said)], design, options
        ).merge(extra, on="gene", how="left")[list(GENE_COLUMNS)]
        for k, question in enumerate(questions)
    ]


def _levels(design: GeneDesign, scale: str) -> np.ndarray:
    """Return the mean log2 value of each gene; of counts, per million."""
    values = design.values.to_numpy(float)
    if scale == "counts":
        values = np.log2(1e6 * (values + 0.5) / (values.sum(axis=0) + 1))
    return np.asarray(values.mean(axis=1))


def _gene_rows(
    question: Question, tests: pd.DataFrame, design: GeneDesign, options: DifferentialOptions
) -> pd.DataFrame:
    p = tests["p"].to_numpy(float)
    known = np.isfinite(p)
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = benjamini_hochberg(p[known])
    up, down = WORDS.get(question.key, ("higher", "lower"))
    called = adjusted <= options.false_discovery
    word = np.where(called, np.where(tests["value"] > 0, up, down), "inconclusive")
    return tests.assign(
        gene=tests.index,
        question=question.key,
        contrast=question.label,
        null_model="log_additive" if question.null_model else "",
        arm=question.arm,
        p_bh=adjusted,
        n=sum(design.animals[arm] for arm in question.weights),
        engine=options.engine,
        verdict=word,
    ).reset_index(drop=True)


def named_genes(species: str) -> frozenset[str]:
    """Return the genes named in the estimates: those of the signatures ``NAMED_BY``."""
    lists = gene_lists()
    own = lists.loc[lists["signature"].isin(NAMED_BY), f"gene_{species}"].dropna()
    return frozenset(gene for genes in own for gene in genes.split("|"))


def _estimates(study: Study, genes: pd.DataFrame, level: float, engine: Engine) -> pd.DataFrame:
    """Return the named genes as rows of estimates, p corrected over all genes of a comparison."""
    rows: list[dict[str, Any]] = []
    keys = [*GROUP, "question", "contrast", "null_model"]
    for _, own in genes.groupby(keys, sort=False, dropna=False):
        p = own["p"].to_numpy(float)
        known = np.isfinite(p)
        stepped = np.full(len(p), np.nan)
        stepped[known] = holm(p[known])
        named = own.assign(p_holm=stepped)[own["named"].to_numpy(bool)]
        rows += [_estimate(study, row, level, engine) for row in named.to_dict("records")]
    return estimates_frame(rows)


def _estimate(study: Study, row: dict[Any, Any], level: float, engine: Engine) -> dict[str, Any]:
    kept = ("model", "question", "contrast", "null_model", "arm", "day", "value", "low", "high",
            "se", "df", "p", "p_holm", "p_bh", "n", "verdict")  # fmt: skip
    additive = "observed minus additive on this scale; plus is more than additive"
    return {
        **{name: row[name] for name in kept},
        "study": study.id,
        "analysis": "differential",
        "endpoint": f"gene: {row['gene']}",
        "estimand": "log2_fold_change",
        "level": level,
        "unit": "log2",
        "scale": additive if row["null_model"] else "arm minus comparator; plus is higher",
        "method": f"differential.{engine}/1",
        "status": "ok",
    }


def called_table(genes: pd.DataFrame) -> pd.DataFrame:
    """Return, for each comparison, how many genes were tested and called, and the first of them."""
    rows = []
    keys = ["model", "day", "tissue", "question", "contrast", "null_model", "arm", "engine"]
    for key, own in genes.groupby(keys, sort=False, dropna=False):
        called = own[own["verdict"] != "inconclusive"].sort_values("p", kind="stable")
        up, down = called[called["value"] > 0], called[called["value"] < 0]
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "tested": len(own),
                "up": len(up),
                "down": len(down),
                "first_up": ", ".join(up["gene"].head(8)),
                "first_down": ", ".join(down["gene"].head(8)),
                "named_called": ", ".join(
                    called.loc[called["named"].astype(bool), "gene"].head(12)
                ),
            }
        )
    columns = [*keys, "tested", "up", "down", "first_up", "first_down", "named_called"]
    return pd.DataFrame(rows, columns=columns)


def _too_few(place: Mapping[str, Any], animals: int, arms: int) -> Finding:
    return Finding(
        code="too-few-samples",
        severity="warning",
        subject=f"genes of {place['model']}, day {place['day']:g}",
        found=f"{animals} animals in {arms} arms",
        expected="more animals than arms",
        action="no gene is tested: nothing tells how animals of one arm differ",
    )


def _batches(place: Mapping[str, Any]) -> Finding:
    return Finding(
        code="batch-is-arm",
        severity="warning",
        subject=f"genes of {place['model']}, day {place['day']:g}",
        found="batches that do not cross the arms",
        expected="animals of every arm in each batch",
        action="a difference between arms may be one between batches: it cannot be taken out",
    )
