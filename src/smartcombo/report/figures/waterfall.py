"""Waterfall: the best response of each animal, arm by arm."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, colour_scale, panels, specification
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

HEIGHT, HIGHEST = 200, 150.0
"""Bars are cut at this best change, per cent: an animal that never shrank tells no more."""


def waterfall(context: Context) -> Figure | None:
    """Return best change of volume by animal with its category; ``None`` without calls."""
    calls = context.table("calls")
    if calls.empty:
        return None
    table = _ranked(context, calls)
    count = table["panel"].nunique()
    columns = min(count, 4)
    width = max(150, (960 - 60 * columns) // columns)
    rule = context.result.options["rule"]
    return Figure(
        id=slug("waterfall", context.model),
        group="response",
        model=context.model,
        title=f"Best response of each animal, {context.model}",
        caption="One bar an animal: its lowest change of volume from baseline, from day "
        f"{rule['first_day']:g} after baseline on, with its category; bars above "
        f"+{HIGHEST:g}% are cut. Circles below: tumour-free at the last visit.",
        alt=_alt(context, calls),
        spec=_spec(context, table, columns, width),
        data=table,
        method_ids=context.result.methods[:1],
        width=columns * (width + 60),
        height=-(-count // columns) * (HEIGHT + 90),
        synthetic=context.study.synthetic,
    )


def _ranked(context: Context, calls: pd.DataFrame) -> pd.DataFrame:
    seen = calls[calls["best_percent"].notna()].copy()
    order = {arm: k for k, arm in enumerate(context.arms_in(seen))}
    seen["place"] = seen["arm"].map(order)
    seen = seen.sort_values(["place", "best_percent"], ascending=[True, False], kind="stable")
    seen["rank"] = seen.groupby("arm", sort=False).cumcount() + 1
    seen["shown_percent"] = seen["best_percent"].clip(upper=HIGHEST)
    return seen.assign(panel=seen["arm"].map(context.label)).drop(columns="place")


def _spec(context: Context, table: pd.DataFrame, columns: int, width: int) -> Spec:
    arms = context.arms_in(table)
    colour = {"field": "panel", "type": "nominal", "legend": None,
              "scale": colour_scale(context, arms)}  # fmt: skip
    x: Spec = {"field": "rank", "type": "ordinal", "axis": None}
    y: Spec = {
        "field": "shown_percent",
        "type": "quantitative",
        "title": "best change of volume, %",
        "scale": {"domain": [-115, HIGHEST], "nice": False},
        "axis": {"values": [-100, -50, 0, 35, 100, 150]},
    }
    tooltip = [{"field": name} for name in ("animal", "category", "best_percent", "best_day")]
    free = {"type": "point", "size": 38, "stroke": INK, "filled": False, "strokeWidth": 1.4}
    words = {"type": "text", "fontSize": 9, "dy": -6, "color": INK}
    return specification(
        {
            "facet": panels(table),
            "columns": columns,
            "spec": {
                "width": width,
                "height": HEIGHT,
                "layer": [
                    {"mark": {"type": "bar"},
                     "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
                    {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}},
                    {"transform": [{"calculate": "max(datum.shown_percent, 0)", "as": "top"}],
                     "mark": words,
                     "encoding": {"x": x, "y": {**y, "field": "top"},
                                  "text": {"field": "category"}}},
                    {"transform": [{"filter": "datum.tumour_free"}], "mark": free,
                     "encoding": {"x": x, "y": {"datum": -108}}},
                ],
            },
        }
    )  # fmt: skip


def _alt(context: Context, calls: pd.DataFrame) -> str:
    said = []
    for arm in context.arms_in(calls):
        counts = calls.loc[calls["arm"] == arm, "category"].value_counts(sort=False)
        words = ", ".join(f"{count} {name}" for name, count in counts.items())
        said.append(f"{context.label(arm)}: {words}")
    return "Best change of volume of each animal by arm. " + "; ".join(said) + "."
