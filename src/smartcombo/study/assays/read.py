"""Samples and everything measured in them, into the study; every problem at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from smartcombo.core.finding import Finding
from smartcombo.study.animals import sampled_animals
from smartcombo.study.assays.checks import check_genes
from smartcombo.study.assays.checks_tissue import (
    check_design,
    check_tissue,
    library_confounded,
)
from smartcombo.study.assays.expression import read_expression
from smartcombo.study.assays.model import Assays
from smartcombo.study.assays.populations import read_populations
from smartcombo.study.assays.proteins import read_proteins
from smartcombo.study.assays.samples import read_samples
from smartcombo.study.assays.tissue import read_cells
from smartcombo.study.config import ExpressionTable, StudyFile
from smartcombo.study.genes.identifiers import Species
from smartcombo.study.model import InputFile, Study

SPECIES: dict[str, Species] = {
    "mouse": "mouse", "mus musculus": "mouse", "human": "human", "homo sapiens": "human",
}  # fmt: skip


def with_samples(study: Study, facts: StudyFile) -> tuple[Study, list[Finding]]:
    """Return the study with its samples and assays, and what is wrong with them."""
    stated = [n for n in (*ASSAY_TABLES, "cells") if getattr(facts.tables, n) is not None]
    if facts.tables.samples is None:
        return study, [_no_samples_table(name) for name in stated]
    samples, source, findings = read_samples(
        study.folder, facts, study.arms, study.models, study.animals
    )
    if samples is None:
        return study, findings
    inputs = [*study.inputs, *([source] if source else [])]
    study = replace(study, samples=samples, inputs=tuple(inputs))
    if not study.has_volumes:
        study = replace(study, animals=sampled_animals(samples))
    findings += check_design(study, source.name if source else "")
    named = {finding.subject for finding in findings}
    for name in stated:
        if name == "cells":
            study, more = _with_cells(study, facts)
        else:
            study, more = _with_assay(study, facts, name)
        findings += [f for f in more if f.code != "sample-not-listed" or f.subject not in named]
    return study, findings


ASSAY_TABLES = ("expression", "counts", "populations", "proteins")
"""Names of the tables that hold values of samples, as in ``study.toml`` and in ``Assays``."""


def _with_assay(study: Study, facts: StudyFile, name: str) -> tuple[Study, list[Finding]]:
    """Return the study with one assay more."""
    if name in ("populations", "proteins"):
        return _with_tidy(study, facts, name)
    species = SPECIES.get(facts.study.species.lower())
    if species is None:
        return study, [_no_species(facts.study.species)]
    given = cast(ExpressionTable, getattr(facts.tables, name))
    expression, source, findings = read_expression(study.folder, given, species, study.samples)
    if expression is not None and source is not None:
        sound = not any(finding.severity == "error" for finding in findings)
        once = study.assays.expression is None
        if sound:
            findings += library_confounded(expression, study.samples, source.name)
        if once:
            findings += check_genes(expression, species, source.name)
        if once and sound:
            findings += check_tissue(expression, study.samples, species, source.name)
    found: dict[str, Any] = {name: expression}
    if name == "expression" and expression is not None and expression.scale == "counts":
        found["counts"] = expression
    assays: Assays = replace(study.assays, **found)
    return replace(study, assays=assays, inputs=_with(study.inputs, source)), findings


def _with_cells(study: Study, facts: StudyFile) -> tuple[Study, list[Finding]]:
    """Return the study with the cells of its tissue sections."""
    given = facts.tables.cells
    if given is None:
        return study, []
    cells, source, findings = read_cells(study.folder, given, study.samples)
    assays = replace(study.assays, cells=cells)
    return replace(study, assays=assays, inputs=_with(study.inputs, source)), findings


def _with_tidy(study: Study, facts: StudyFile, name: str) -> tuple[Study, list[Finding]]:
    """Return the study with cell populations or proteins."""
    tables = facts.tables
    if name == "populations" and tables.populations is not None:
        rows, source, findings = read_populations(study.folder, tables.populations, study.samples)
        assays = replace(study.assays, populations=rows)
    elif tables.proteins is not None:
        rows, source, findings = read_proteins(study.folder, tables.proteins, study.samples)
        assays = replace(study.assays, proteins=rows)
    return replace(study, assays=assays, inputs=_with(study.inputs, source)), findings


def _with(inputs: tuple[InputFile, ...], source: InputFile | None) -> tuple[InputFile, ...]:
    return inputs if source is None else (*inputs, source)


def _no_samples_table(name: str) -> Finding:
    return Finding(
        code="no-samples-table",
        severity="error",
        file="study.toml",
        column=f"tables.{name}",
        found=f"[tables.{name}] and no [tables.samples]",
        expected="which animal, arm and day each sample is of",
        action='add [tables.samples] file = "samples.csv" with sample, animal, arm, day',
    )


def _no_species(name: str) -> Finding:
    return Finding(
        code="bad-value",
        severity="error",
        file="study.toml",
        column="study.species",
        found=repr(name),
        expected="'mouse' or 'human', for genes are named by species",
        action="correct study.species",
    )
