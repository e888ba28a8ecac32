"""Synergy over time: log(expected / observed) at each visit under each null model."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, day_title, specification
from smartcombo.report.theme import FAINT, ROLE_COLOURS, Spec
from smartcombo.report.words import NULL_MODELS, slug

WIDTH, HEIGHT = 270, 210


def synergy_course(context: Context) -> Figure | None:
    """Return Q4 over time, a panel for each combination and null model; ``None`` without."""
    course = context.table("course")
    if course.empty:
        return None
    table = course[course["question"] == "Q4"].copy()
    if table.empty:
        return None
    table["panel"] = [_panel(context, row) for row in table.itertuples()]
    return Figure(
        id=slug("synergy-course", context.model),
        group="synergy-course",
        model=context.model,
        title=f"Synergy over time, {context.model}",
        caption="Natural log of expected over observed volume since baseline (response additivity: "
        "inhibition beyond the sum, as a fraction of vehicle). Above the line is synergy, below "
        "is antagonism. Dark band: one day alone. Light band: holds for all days together.",
        alt=_alt(table),
        spec=_spec(context, table),
        data=table,
        method_ids=("growth.bliss/1", "growth.hsa/1", "growth.bands/1"),
        width=3 * (WIDTH + 60),
        height=HEIGHT + 110,
        synthetic=context.study.synthetic,
    )


def _panel(context: Context, row: object) -> str:
    null = NULL_MODELS.get(row.null_model, row.null_model)  # type: ignore[attr-defined]
    return f"{context.label(row.combination)}: {null}"  # type: ignore[attr-defined]


def _spec(context: Context, table: pd.DataFrame) -> Spec:
    colour = ROLE_COLOURS["combination"]
    x: Spec = {"field": "day", "type": "quantitative", "title": day_title(context.study),
               "scale": {"zero": False}}  # fmt: skip

    def band(low: str, high: str, opacity: float) -> Spec:
        y: Spec = {"field": low, "type": "quantitative", "title": "log(expected / observed)"}
        mark: Spec = {"type": "area", "opacity": opacity, "color": colour}
        return {"mark": mark, "encoding": {"x": x, "y": y, "y2": {"field": high}}}

    bands = [band("band_low", "band_high", 0.15), band("low", "high", 0.28)]
    line: Spec = {
        "mark": {"type": "line", "color": colour, "point": {"color": colour, "size": 30}},
        "encoding": {"x": x, "y": {"field": "value", "type": "quantitative"}},
    }
    zero: Spec = {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}}
    return specification(
        {
            "facet": {"field": "panel", "type": "nominal", "title": None, "sort": None},
            "columns": 3,
            "resolve": {"scale": {"y": "independent"}},
            "spec": {
                "width": WIDTH,
                "height": HEIGHT,
                "layer": [*bands, zero, line],
            },
        }
    )


def _alt(table: pd.DataFrame) -> str:
    last = table.sort_values("day", kind="stable").groupby("panel", sort=False).last()
    said = [f"{panel} ends at {row['value']:.2f}" for panel, row in last.iterrows()]
    return "Log of expected over observed volume by day. " + "; ".join(said) + "."
