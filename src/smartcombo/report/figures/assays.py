"""Populations and proteins: every animal in its controls' standard deviations, arm by arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import Context, Figure, colour_scale, panels, specification
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

WIDTH, ROW = 360, 11
REACH = 8.0
"""Animals further from their controls than this many SDs are drawn at the edge."""
GENES = "RNA"
TICK = "M-0.12,-0.7L0.12,-0.7L0.12,0.7L-0.12,0.7Z"
"""Path of the mark of a mean."""
ONE_POPULATION = ("infiltration", "exclusion")
"""Axes that are one of the populations again: left out here."""


def assay_dots(context: Context) -> Figure | None:
    """Return populations and proteins by arm; ``None`` where only genes were measured."""
    markers = context.table("markers")
    if markers.empty:
        return None
    shown = (markers["assay"] != GENES) & ~markers["marker"].isin(ONE_POPULATION)
    table = _dots(context, markers[shown])
    if table.empty:
        return None
    rows = table[["panel", "row"]].drop_duplicates()
    assays = rows["panel"].nunique()
    return Figure(
        id=slug("assay-dots", context.model),
        group="landscape",
        model=context.model,
        title=f"Populations and proteins against controls, {context.model}",
        caption="Each point is an animal, in standard deviations of its own controls (vehicle of "
        "the same day) from their mean, right is more; the dark tick is the arm's mean. Fractions "
        "are compared as log odds, amounts as log2. Open points lie beyond a limit of detection: "
        f"they are at least that far. Beyond {REACH:g} SDs a point is at the edge.",
        alt=_alt(context, table),
        spec=_spec(context, table),
        data=table,
        method_ids=("landscape.populations/1", "landscape.shift/1"),
        width=WIDTH + 330,
        height=len(rows) * ROW + 110 * assays,
        synthetic=context.study.synthetic,
    )


def _dots(context: Context, markers: pd.DataFrame) -> pd.DataFrame:
    vehicle = next((arm.id for arm in context.study.arms if arm.role == "vehicle"), "")
    if set(markers["arm"]) <= {vehicle}:  # controls alone: there is nothing to hold against them
        return pd.DataFrame()
    parts = []
    for _, own in markers.groupby(["assay", "tissue", "day", "marker"], dropna=False, sort=False):
        controls = own.loc[own["arm"] == vehicle, "value"]
        spread = controls.std(ddof=1)
        if len(controls) < 2 or not spread > 0:
            continue
        sds = (own["value"] - controls.mean()) / spread
        own = own.assign(sds=sds, kind="animal")
        means = own.drop_duplicates("arm").drop(columns=["animal", "value"])
        by_arm = sds.groupby(own["arm"]).mean()
        parts += [own, means.assign(sds=means["arm"].map(by_arm), kind="mean", censored="")]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    table["shown"] = table["sds"].clip(-REACH, REACH)
    day = [f", day {day:g}" if np.isfinite(day) else "" for day in table["day"]]
    tissue = [f", {tissue}" if tissue else "" for tissue in table["tissue"]]
    order = {arm.id: k for k, arm in enumerate(context.study.arms)}
    table = table.assign(
        panel=table["assay"] + pd.Series(tissue) + pd.Series(day),
        arm_label=table["arm"].map(context.label),
        place=table["arm"].map(order),
        beyond=table["censored"].ne(""),
    )
    table["row"] = table["title"] + "|" + table["arm_label"]
    table = table.sort_values(["panel", "theme", "title", "place"], kind="stable")
    columns = ["panel", "row", "title", "theme", "arm", "arm_label", "animal", "assay", "day",
               "value", "unit", "sds", "shown", "beyond", "status", "kind"]  # fmt: skip
    return table[columns].reset_index(drop=True)


def _alt(context: Context, table: pd.DataFrame) -> str:
    said = [
        f"{title}, {context.label(str(arm))}: mean {own['sds'].iloc[0]:+.1f} SDs"
        for (title, arm), own in table[table["kind"] == "mean"].groupby(
            ["title", "arm"], sort=False
        )
        if own["theme"].iloc[0] in ("cytotoxic T cells", "inflammation")
    ]
    return "Populations and proteins of each animal against its controls. " + "; ".join(said)


def _spec(context: Context, table: pd.DataFrame) -> Spec:
    arms = context.arms_in(table)
    labels = [context.label(arm) for arm in arms]
    titles = list(dict.fromkeys(table["title"]))
    y: Spec = {"field": "title", "type": "nominal", "sort": titles, "title": None,
               "axis": {"labelLimit": 300, "ticks": False, "domain": False, "grid": True,
                        "bandPosition": 0, "gridColor": FAINT}}  # fmt: skip
    offset: Spec = {"field": "arm_label", "type": "nominal", "sort": labels,
                    "scale": {"domain": labels, "paddingOuter": 0.6}}  # fmt: skip
    edge = float(np.clip(table["shown"].abs().max() * 1.05, 3, REACH * 1.03))
    x: Spec = {"field": "shown", "type": "quantitative",
               "scale": {"domain": [-edge, edge], "nice": False},
               "title": "SDs of controls (→ more)"}  # fmt: skip
    names = ("animal", "arm_label", "title", "value", "unit", "sds", "status")
    mean = "datum.kind == 'mean'"
    hue: Spec = {"field": "arm_label", "type": "nominal", "scale": colour_scale(context, arms)}
    legend = {"title": None, "orient": "top", "symbolOpacity": 1}
    dark: Spec = {"condition": {"test": mean, "value": INK}, **hue}
    marks: Spec = {
        "x": x, "y": y, "yOffset": offset,
        "fill": {**dark, "legend": legend},
        "stroke": {**dark, "legend": legend},
        "fillOpacity": {"condition": {"test": "datum.beyond", "value": 0}, "value": 0.75},
        "shape": {"condition": {"test": mean, "value": TICK}, "value": "circle"},
        "size": {"condition": {"test": mean, "value": 90}, "value": 32},
        "tooltip": [{"field": name} for name in names],
    }  # fmt: skip
    header = {"orient": "top", "labelAnchor": "start"}
    return specification(
        {
            "facet": {"row": {**panels(table), "header": header}},
            "spacing": 34,
            "resolve": {"scale": {"y": "independent"}},
            "spec": {
                "width": WIDTH,
                "height": {"step": ROW},
                "layer": [
                    {"mark": {"type": "rule", "color": INK, "strokeWidth": 0.8},
                     "encoding": {"x": {"datum": 0, "scale": x["scale"]}}},
                    {"mark": {"type": "point", "strokeWidth": 1.3}, "encoding": marks},
                ],
            },
        }
    )  # fmt: skip
