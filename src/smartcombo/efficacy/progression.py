"""Time to event: when tumours progress, when animals must be removed, and when tumours return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.result import CHECK_COLUMNS, Result, adjusted_estimates, stacked
from smartcombo.efficacy.accounting import accounting
from smartcombo.efficacy.cluster_answers import cluster_checks
from smartcombo.efficacy.events.comparisons import (
    arm_rows,
    curves_table,
    logrank_table,
    question_rows,
)
from smartcombo.efficacy.events.delay import delay_rows, doubling_times
from smartcombo.efficacy.events.endpoints import chosen_endpoints
from smartcombo.efficacy.events.findings import event_findings
from smartcombo.efficacy.events.independence import independence
from smartcombo.efficacy.events.options import ProgressionOptions
from smartcombo.efficacy.events.reading import Reading, read_endpoint
from smartcombo.efficacy.events.swimmer import swimmer_table
from smartcombo.efficacy.events.visits import visit_rows, visit_table
from smartcombo.efficacy.frame import select_growth
from smartcombo.study.model import Study

__all__ = ["ProgressionOptions", "progression"]


def progression(study: Study, options: ProgressionOptions | None = None) -> Result:
    """Answer how long animals last until an event, and the four questions about it.

    Use it beside growth and response: it needs no model of the curve, and an animal that never
    progresses counts for as long as it was seen. Endpoints are progression (a multiple of baseline
    or a volume), the humane endpoint, removal for disease or death, a first tumour and relapse;
    those are taken that the study holds events for, or that the options name. An animal that
    leaves for another reason is censored. Not for arms that leave because they are about to
    progress.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        What the events are, the horizon, the level, the correlation that Q4 expects.

    Returns
    -------
    Result
        ``estimates``, by ``endpoint``: median and restricted mean time of each arm (days since
        baseline); differences in restricted mean, arm minus comparator: **plus is benefit**;
        hazard ratios with Firth's penalty and log-rank tests within batches: **below 1 is
        benefit**; growth delay: **plus is benefit**; Q4 observed minus expected restricted mean
        under independent drug action: **plus is synergy**, also at other correlations of
        responses; the same differences with events only known to lie between visits.
        ``checks``: whether the visits are too far apart, and whether Q4 hangs on the correlation.
        ``tables``: ``times`` of each animal with the visits that enclose them, ``survival`` and
        ``expected`` curves, ``logrank`` over all arms, ``visits``, ``doubling``, ``swimmer``.

    Raises
    ------
    smartcombo.AnalysisRefused
        If fewer than two arms have animals, or no visit follows the baseline.

    References
    ----------
    Palmer and Sorger 2017, 10.1016/j.cell.2017.11.009 (independent drug action); Royston and Parmar
    2013, 10.1186/1471-2288-13-152; Heinze and Schemper 2001, 10.1111/j.0006-341X.2001.00114.x;
    Turnbull 1976, 10.1111/j.2517-6161.1976.tb01597.x.
    """
    options = options or ProgressionOptions()
    parts = [_one_model(study, model.id, options) for model in study.models]
    names = dict.fromkeys(name for part in parts for name in part.tables)
    return Result(
        study=study.id,
        analysis="progression",
        estimates=adjusted_estimates([row for part in parts for row in part.rows]),
        checks=stacked(
            [
                pd.DataFrame(
                    [check for part in parts for check in part.checks], columns=list(CHECK_COLUMNS)
                ),
                cluster_checks(study, "progression"),
            ]
        ),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables={name: stacked([part.tables[name] for part in parts]) for name in names},
        methods=(
            "progression.kaplan-meier/1",
            "progression.logrank/1",
            "progression.cox-firth/1",
            "progression.independent-action/1",
            "progression.additive-hazards/1",
            "progression.turnbull/1",
            "progression.growth-delay/1",
        ),
        options=_resolved(study, options, parts),
    )


@dataclass(frozen=True)
class _Part:
    """One tumour model: its rows, checks, findings and tables."""

    model: str
    horizons: dict[str, float]
    rows: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    tables: dict[str, pd.DataFrame]


def _resolved(study: Study, options: ProgressionOptions, parts: list[_Part]) -> dict[str, Any]:
    return {
        "multiple": options.multiple,
        "volume": options.volume,
        "humane": list(options.humane),
        "rho": options.rho,
        "rho_band": list(options.rho_band),
        "horizon": {part.model: part.horizons for part in parts},
        "synthetic": study.synthetic,
    }


def _one_model(study: Study, model: str, options: ProgressionOptions) -> _Part:
    frame, _ = select_growth(study, model)
    kinds = chosen_endpoints(study, frame, options)
    readings = tuple(read_endpoint(study, frame, options, kind) for kind in kinds)
    rows: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    expected = []
    doubling = doubling_times(readings[0])
    for reading in readings:
        action, curves, correlated = independence(reading)
        between, visited = visit_rows(reading)
        rows += [*arm_rows(reading), *question_rows(reading), *action, *between,
                 *delay_rows(reading, doubling)]  # fmt: skip
        checks += [*correlated, *visited]
        expected.append(curves)
    tables = _tables(readings) | {
        "expected": stacked(expected),
        "doubling": doubling,
        "swimmer": swimmer_table(study, frame, readings),
        "accounting": accounting(study, "progression", needs_baseline=True, model=model),
    }
    horizons = {reading.endpoint.id: reading.horizon for reading in readings}
    return _Part(model, horizons, rows, checks, event_findings(readings), tables)


def _tables(readings: tuple[Reading, ...]) -> dict[str, pd.DataFrame]:
    parts = {
        "times": [reading.times for reading in readings],
        "survival": [curves_table(reading) for reading in readings],
        "logrank": [logrank_table(reading) for reading in readings],
        "visits": [visit_table(reading) for reading in readings],
    }
    return {name: stacked(tables) for name, tables in parts.items()}
