"""Earlier controls beside today's: growth rate of each vehicle arm."""

from __future__ import annotations

import pandas as pd

from smartcombo.core.result import stacked
from smartcombo.report.figures.base import Context, Figure, specification
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import number, slug

WIDTH, ROW = 420, 30
TODAY, EARLIER, BORROWED = "#b45309", "#64748b", INK


def control_rates(context: Context) -> Figure | None:
    """Return the growth rates of all vehicle arms; ``None`` where no earlier one is named."""
    controls = context.table("controls")
    if controls.empty:
        return None
    table = _rows(context, controls)
    return Figure(
        id=slug("history", context.model),
        group="history",
        model=context.model,
        title=f"Vehicle arms, earlier and today, {context.model}",
        caption="Growth rate of each vehicle arm per day with its interval: earlier studies, "
        "today's animals alone, and today's with what earlier ones add.",
        alt="Growth rates of vehicle arms. "
        + "; ".join(f"{row.row}: {number(row.value, 3)}" for row in table.itertuples())
        + ".",
        spec=_spec(table),
        data=table,
        method_ids=("history.robust-map/1",),
        width=WIDTH + 260,
        height=ROW * len(table) + 70,
        synthetic=context.study.synthetic,
    )


def _rows(context: Context, controls: pd.DataFrame) -> pd.DataFrame:
    table = controls.assign(
        row=[
            f"{'today alone' if r.current else r.label} ({r.n} animals)"
            for r in controls.itertuples()
        ],
        what=controls["current"].map({True: "today", False: "earlier"}),
    )
    estimates = context.estimates()
    own = estimates[estimates["estimand"] == "growth_rate_borrowed"]
    own = own.assign(row="today, with earlier controls", what="borrowed")
    columns = ["row", "what", "value", "low", "high"]
    return stacked([table[columns], own[columns]])


def _spec(table: pd.DataFrame) -> Spec:
    y: Spec = {
        "field": "row",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 240, "labelColor": INK, "ticks": False, "domain": False},
    }
    scale = {"domain": ["earlier", "today", "borrowed"], "range": [EARLIER, TODAY, BORROWED]}
    colour: Spec = {"field": "what", "type": "nominal", "legend": None, "scale": scale}
    title = "Growth rate of the vehicle, per day"
    ends: Spec = {"type": "quantitative", "title": title, "scale": {"zero": False}}
    return specification(
        {
            "width": WIDTH,
            "height": ROW * len(table),
            "layer": [
                {"mark": {"type": "rule", "strokeWidth": 2.4},
                 "encoding": {"y": y, "x": {**ends, "field": "low"}, "x2": {"field": "high"},
                              "color": colour}},
                {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1,
                          "stroke": FAINT},
                 "encoding": {"y": y, "x": {**ends, "field": "value"}, "color": colour}},
            ],
        }
    )  # fmt: skip
