"""Raw and relative volumes side by side: T/C of each arm at the declared day."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, span, specification
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

WIDTH, ROW = 520, 58
SHAPES = {"raw": "circle", "relative": "diamond"}
COLOURS = {"raw": INK, "relative": "#0b7285"}


def raw_and_relative(context: Context) -> Figure | None:
    """Return T/C on the raw and the relative scale with intervals; ``None`` without a vehicle."""
    table = context.table("scales")
    if table.empty:
        return None
    table = table.assign(arm_label=table["arm"].map(context.labels)).drop(columns="sentence")
    day = float(table["day"].iloc[0])
    return Figure(
        id=slug("scales", context.model),
        group="scales",
        model=context.model,
        title=f"Raw and relative volumes on day {day:g}, {context.model}",
        caption="T/C: geometric mean of an arm over that of vehicle, once of the volumes "
        "themselves and once of the volumes relative to each animal's first. Left of the line the "
        "arm's tumours are smaller.",
        alt=_alt(table),
        spec=_spec(context, table),
        data=table,
        method_ids=("growth.lmm/1",),
        width=WIDTH + 330,
        height=ROW * table["arm"].nunique() + 100,
        synthetic=context.study.synthetic,
    )


def _spec(context: Context, table: pd.DataFrame) -> Spec:
    labels = [context.label(arm) for arm in context.arms_in(table)]
    domain = span(pd.concat([table["low"], table["high"], pd.Series([1.0])]), log=True)
    x: Spec = {
        "field": "value",
        "type": "quantitative",
        "title": "T/C, log axis   (← smaller than vehicle   larger →)",
        "scale": {"type": "log", "domain": domain, "nice": False},
        "axis": {"format": "~g", "values": [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10], "grid": True},
    }
    y: Spec = {"field": "arm_label", "type": "nominal", "sort": labels, "title": None,
               "axis": {"labelLimit": 300, "ticks": False, "domain": False}}  # fmt: skip
    scales = list(SHAPES)
    offset = {"field": "scale", "sort": scales}
    colour = {"field": "scale", "type": "nominal", "legend": {"title": None},
              "scale": {"domain": scales, "range": [COLOURS[s] for s in scales]}}  # fmt: skip
    shape = {"field": "scale", "type": "nominal", "legend": {"title": None},
             "scale": {"domain": scales, "range": [SHAPES[s] for s in scales]}}  # fmt: skip
    interval: Spec = {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y,
                      "yOffset": offset, "color": colour}  # fmt: skip
    point: Spec = {"x": x, "y": y, "yOffset": offset, "color": colour, "shape": shape}
    return specification(
        {
            "width": WIDTH,
            "height": {"step": ROW / 2},
            "layer": [
                {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 1}}},
                {"mark": {"type": "rule", "strokeWidth": 2.2}, "encoding": interval},
                {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                 "encoding": point},
            ],
        }
    )  # fmt: skip


def _alt(table: pd.DataFrame) -> str:
    said = [
        f"{row.arm_label} {row.scale} {row.value:.2f} ({row.low:.2f} to {row.high:.2f})"
        for row in table.itertuples()
    ]
    return "T/C at the declared day: " + "; ".join(said) + "."
