"""Body weight: every animal's curve with the mean of its arm, and the lowest point of each."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    colour_scale,
    day_title,
    panels,
    specification,
)
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

CURVE_HEIGHT, NADIR_HEIGHT = 210, 280
LIMIT_COLOUR = "#9b2d6f"
MOST_COLUMNS = 4
PANEL_AXIS = 56


def weight_curves(context: Context) -> Figure | None:
    """Return change of body weight of each animal by arm; ``None`` without weights."""
    weights, curves = context.table("weights"), context.table("weight_curves")
    weights = weights[weights["change"].notna()] if len(weights) else weights
    if weights.empty:
        return None
    table = _curve_rows(context, weights, curves)
    count = table["panel"].nunique()
    columns = count if count <= MOST_COLUMNS else MOST_COLUMNS - 1
    width = max(150, (960 - PANEL_AXIS * columns) // columns)
    return Figure(
        id=slug("body-weight", context.model),
        group="tolerability",
        model=context.model,
        title=f"Body weight of every animal, {context.model}",
        caption=f"Thin: one animal, {_weighed(context)} against its weight at baseline. Thick: "
        "mean of the arm by the mixed model with its interval at each day, while half of the "
        f"animals are weighed. {_limit_words(context)}",
        alt=_curves_alt(context, weights),
        spec=_curves_spec(context, table, columns, width),
        data=table,
        method_ids=("tolerability.weight-model/1",),
        width=columns * (width + PANEL_AXIS),
        height=-(-count // columns) * (CURVE_HEIGHT + 90),
        synthetic=context.study.synthetic,
    )


def _weighed(context: Context) -> str:
    return "net of its tumour," if context.result.options["net_of_tumour"] else "with its tumour,"


def _limit_words(context: Context) -> str:
    limit = context.study.limits.weight_loss_fraction
    if limit is None:
        return "No limit of weight loss is stated for this study, so none is drawn."
    return f"Dashed: the protocol's limit, {limit:.0%} below baseline."


def _curve_rows(context: Context, weights: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    order = {arm: k for k, arm in enumerate(context.arms_in(weights))}
    animals = weights[["arm", "animal", "day", "change", "weight_g"]].assign(kind="animal")
    parts = [animals]
    if len(curves):
        mean = curves.rename(columns={"value": "change"}).drop(columns="model")
        parts.append(mean.assign(kind="mean", animal=""))
    table = pd.concat(parts, ignore_index=True)
    table["panel"] = table["arm"].map(context.label)
    table = table.assign(_order=table["arm"].map(order))
    table = table.sort_values(["_order", "kind", "animal", "day"], kind="stable")
    return table.drop(columns="_order").reset_index(drop=True)


def _bounds(context: Context, values: pd.Series) -> list[float]:
    """Return the axis of change: all values, zero and the limit, in steps of 5%."""
    limit = context.study.limits.weight_loss_fraction
    low = min(float(np.nanmin(values)), 0.0, -1.1 * limit if limit else 0.0)
    high = max(float(np.nanmax(values)), 0.05)
    return [math.floor(20 * low) / 20, math.ceil(20 * high) / 20]


def _limit_layer(context: Context, y: Spec) -> list[Spec]:
    """Return the lines at no change and at the protocol's limit, each drawn once."""
    once = {"transform": [{"aggregate": [{"op": "count", "as": "rows"}]}]}
    limit = context.study.limits.weight_loss_fraction
    zero = {**once, "mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}}
    if limit is None:
        return [zero]
    at = {"y": {"datum": -limit, "scale": y["scale"]}}
    dashed = {"type": "rule", "color": LIMIT_COLOUR, "strokeDash": [5, 4], "strokeWidth": 1.4}
    word = {"type": "text", "color": LIMIT_COLOUR, "align": "left", "dy": 10, "fontSize": 10}
    label = {**at, "x": {"value": 4}, "text": {"value": "the protocol's limit"}}
    return [zero, {**once, "mark": dashed, "encoding": at},
            {**once, "mark": word, "encoding": label}]  # fmt: skip


def _change(bounds: list[float]) -> Spec:
    return {
        "field": "change",
        "type": "quantitative",
        "title": "change of body weight from baseline",
        "scale": {"domain": bounds, "nice": False},
        "axis": {
            "tickCount": 7,
            "labelExpr": "datum.value == 0 ? '0%' : format(datum.value, '+.0%')",
        },
    }


def _curves_spec(context: Context, table: pd.DataFrame, columns: int, width: int) -> Spec:
    colour = {"field": "panel", "type": "nominal", "legend": None,
              "scale": colour_scale(context, context.arms_in(table))}  # fmt: skip
    x = {"field": "day", "type": "quantitative", "title": day_title(context.study),
         "axis": {"grid": False, "tickCount": 5},
         "scale": {"zero": False, "nice": False}}  # fmt: skip
    animals = table.loc[table["kind"] == "animal", "change"]
    y = _change(_bounds(context, animals))
    mean = {"transform": [{"filter": "datum.kind == 'mean'"}]}
    tooltip = [{"field": "animal"}, {"field": "day"}, {"field": "weight_g"},
               {"field": "change", "format": "+.1%"}]  # fmt: skip
    own = {"x": x, "y": y, "color": colour}
    layers = [
        *_limit_layer(context, y),
        {"transform": [{"filter": "datum.kind == 'animal'"}],
         "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.45,
                  "point": {"size": 10, "opacity": 0.45}},
         "encoding": {**own, "detail": {"field": "animal"}, "tooltip": tooltip}},
        {**mean, "mark": {"type": "area", "opacity": 0.2},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"},
                      "color": colour}},
        {**mean, "mark": {"type": "line", "strokeWidth": 3}, "encoding": own},
    ]  # fmt: skip
    panel = {"width": width, "height": CURVE_HEIGHT, "layer": layers}
    return specification({"facet": panels(table), "columns": columns, "spec": panel})


def _curves_alt(context: Context, weights: pd.DataFrame) -> str:
    rows = context.estimates()
    rows = rows[(rows["estimand"] == "weight_change")].drop_duplicates("arm").set_index("arm")
    said = [
        f"{context.label(arm)} {rows.loc[arm, 'value']:+.1%} on day {rows.loc[arm, 'day']:.4g}"
        for arm in context.arms_in(weights)
        if arm in rows.index
    ]
    return "Body weight of each animal against baseline, by arm. Mean change: " + "; ".join(said)


def weight_nadirs(context: Context) -> Figure | None:
    """Return the lowest weight of each animal by arm; ``None`` without weights."""
    courses = context.table("courses")
    courses = courses[courses["nadir"].notna()] if len(courses) else courses
    if courses.empty:
        return None
    table = _nadir_rows(context, courses)
    count = courses["arm"].nunique()
    width = max(110 * count, 320)
    return Figure(
        id=slug("weight-nadir", context.model),
        group="tolerability",
        model=context.model,
        title=f"Lowest body weight of each animal, {context.model}",
        caption="One circle an animal: its lowest weight after baseline in the whole follow-up; "
        "crosses were found dead, or taken for weight or score. Bars: mean of the arm up to the "
        f"declared day, with its interval. {_limit_words(context)}",
        alt=_nadir_alt(context, courses),
        spec=_nadir_spec(context, table, width),
        data=table,
        method_ids=("tolerability.nadir/1",),
        width=width + 90,
        height=NADIR_HEIGHT + 110,
        synthetic=context.study.synthetic,
    )


def _nadir_rows(context: Context, courses: pd.DataFrame) -> pd.DataFrame:
    order = {arm: k for k, arm in enumerate(context.arms_in(courses))}
    kept = courses[["arm", "animal", "nadir", "nadir_day", "past_limit", "treatment_death", "fate"]]
    kept = kept.assign(kind="animal", _order=kept["arm"].map(order))
    kept = kept.sort_values(["_order", "nadir", "animal"], kind="stable").drop(columns="_order")
    size = kept.groupby("arm", sort=False)["nadir"].transform("size")
    place = kept.groupby("arm", sort=False).cumcount()
    kept["beside"] = (place + 0.5) / size
    means = context.estimates()
    means = means[(means["estimand"] == "weight_nadir") & means["value"].notna()]
    mean = means[["arm", "low", "high"]].assign(nadir=means["value"], kind="mean")
    table = pd.concat([kept, mean], ignore_index=True)
    return table.assign(arm_label=table["arm"].map(context.labels))


def _nadir_spec(context: Context, table: pd.DataFrame, width: int) -> Spec:
    arms = context.arms_in(table)
    animals = {"transform": [{"filter": "datum.kind == 'animal'"}]}
    means = {"transform": [{"filter": "datum.kind == 'mean'"}]}
    colour = {"field": "arm_label", "type": "nominal", "legend": None,
              "scale": colour_scale(context, arms)}  # fmt: skip
    x: Spec = {
        "field": "arm_label",
        "type": "nominal",
        "sort": [context.label(arm) for arm in arms],
        "title": None,
        "axis": {"labelAngle": 0, "labelLimit": 105, "labelOverlap": False, "labelFontSize": 10,
                 "labelExpr": "split(replace(datum.label, / \\+ /g, ' +|'), '|')"},
    }  # fmt: skip
    seen = pd.concat([table["nadir"], table["low"].dropna()])
    y = {**_change(_bounds(context, seen)), "field": "nadir", "title": "lowest weight v baseline"}
    shape = {"field": "treatment_death", "type": "nominal", "legend": None,
             "scale": {"domain": [False, True], "range": ["circle", "cross"]}}  # fmt: skip
    beside = {"field": "beside", "type": "quantitative", "scale": {"domain": [-0.25, 1.25]}}
    tooltip = [{"field": "animal"}, {"field": "nadir", "format": "+.1%"}, {"field": "nadir_day"},
               {"field": "fate"}]  # fmt: skip
    layers = [
        *_limit_layer(context, y),
        {**means, "mark": {"type": "rule", "strokeWidth": 2, "color": INK},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {**means, "mark": {"type": "tick", "thickness": 3, "size": 46, "color": INK},
         "encoding": {"x": x, "y": y}},
        {**animals, "mark": {"type": "point", "filled": True, "size": 52, "opacity": 0.75},
         "encoding": {"x": x, "xOffset": beside, "y": y, "color": colour, "shape": shape,
                      "tooltip": tooltip}},
    ]  # fmt: skip
    return specification({"width": width, "height": NADIR_HEIGHT, "layer": layers})


def _nadir_alt(context: Context, courses: pd.DataFrame) -> str:
    said = []
    for arm in context.arms_in(courses):
        own = courses[courses["arm"] == arm]
        lowest = own.loc[own["nadir"].idxmin()]
        said.append(f"{context.label(arm)} lowest {lowest['nadir']:+.1%} on day "
                    f"{lowest['nadir_day']:.4g}")  # fmt: skip
    return "Lowest body weight of each animal against baseline, by arm: " + "; ".join(said) + "."
