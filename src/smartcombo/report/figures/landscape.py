"""The immune landscape: a map of all animals, and the panel as a heat map against controls."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.report.figures.base import Context, Figure, colour_scale, panels, specification
from smartcombo.report.theme import FAINT, MUTED, Spec
from smartcombo.report.words import slug
from smartcombo.stats.switching import LEVEL

SIZE, CELL_WIDTH, CELL_HEIGHT = 330, 15, 15
FEWEST = 3
"""Animals with fewer markers have no column in the heat map: nothing stands beside them."""
CLIP = 4.0
"""The heat map's colours end here, in SDs of the controls."""


def landscape_map(context: Context) -> Figure | None:
    """Return each animal on infiltration and inflammation; ``None`` without a landscape."""
    places = context.table("places")
    if not places.empty:
        both = places["infiltration"].notna() & places["inflammation"].notna()
        places = places[both].reset_index(drop=True)
    if places.empty:
        return None
    table = _mapped(context, places)
    panels_ = table["panel"].nunique()
    columns = min(panels_, 2)
    return Figure(
        id=slug("landscape-map", context.model),
        group="landscape",
        model=context.model,
        title=f"Where each tumour lies, {context.model}",
        caption="Each point is an animal, in standard deviations of its own controls (vehicle of "
        "the same day), whose mean is the cross of the thin lines. Arrows run from there to each "
        "treated arm's mean. Right of the dashed line an animal is more infiltrated than 95% of "
        "controls would be. Large points are also more excluded than their controls.",
        alt=_map_alt(context, places),
        spec=_map_spec(context, table, columns),
        data=table,
        method_ids=("landscape.phenotype/1",),
        width=columns * (SIZE + 80),
        height=-(-panels_ // columns) * (SIZE + 90),
        synthetic=context.study.synthetic,
    )


def _mapped(context: Context, places: pd.DataFrame) -> pd.DataFrame:
    rows = places.sort_values("day", kind="stable", ignore_index=True)
    rows = rows.assign(kind="animal", arm_label=rows["arm"].map(context.label))
    rows["panel"] = _panel(rows)
    vehicle = next((arm.id for arm in context.study.arms if arm.role == "vehicle"), "")
    arrows, bounds = [], []
    for panel, own in rows.groupby("panel", sort=False):
        controls = int((own["arm"] == vehicle).sum())
        bounds.append({"kind": "bound", "panel": panel, "infiltration": _bound(controls)})
        for arm, animals in own[own["arm"] != vehicle].groupby("arm", sort=False):
            mean = animals[["infiltration", "inflammation"]].mean()
            angle = float(np.degrees(np.arctan2(mean["infiltration"], mean["inflammation"])))
            arrows.append({"kind": "arrow", "panel": panel, "arm": arm, "angle": angle,
                           "arm_label": context.label(str(arm)), **mean})  # fmt: skip
    extra = pd.DataFrame([*arrows, *bounds])
    kept = ["kind", "panel", "arm", "arm_label", "animal", "infiltration", "inflammation",
            "exclusion", "p_not_desert", "phenotype", "angle"]  # fmt: skip
    return pd.concat([rows, extra], ignore_index=True).reindex(columns=kept)


def _panel(rows: pd.DataFrame) -> pd.Series:
    day = [f", day {day:g}" if np.isfinite(day) else "" for day in rows["day"]]
    tissue = [f", {tissue}" if tissue else "" for tissue in rows["tissue"]]
    return rows["assay"] + pd.Series(tissue, index=rows.index) + pd.Series(day, index=rows.index)


def _bound(controls: int) -> float:
    """Return the controls' predictive bound in their own SDs from their mean."""
    if controls < 2:
        return float("nan")
    return float(stats.t.ppf(LEVEL, controls - 1) * np.sqrt(1 + 1 / controls))


def _map_spec(context: Context, table: pd.DataFrame, columns: int) -> Spec:
    arms = context.arms_in(table)
    colour: Spec = {"field": "arm_label", "type": "nominal", "scale": colour_scale(context, arms),
                    "legend": {"title": None, "symbolOpacity": 1}}  # fmt: skip
    across, up = (_reach(table[axis]) for axis in ("infiltration", "inflammation"))
    x: Spec = {"field": "infiltration", "type": "quantitative", "scale": across,
               "title": "infiltration, SDs of controls (→ more T and cytotoxic cells)"}  # fmt: skip
    y: Spec = {"field": "inflammation", "type": "quantitative", "scale": up,
               "title": "inflammation, SDs of controls (↑ interferon, chemokines)"}  # fmt: skip
    size: Spec = {"field": "exclusion", "type": "quantitative", "legend": None,
                  "scale": {"domain": [0, 4], "range": [45, 240], "clamp": True}}  # fmt: skip
    names = ("animal", "arm_label", "infiltration", "inflammation", "exclusion", "phenotype")
    tooltip = [{"field": name} for name in names]
    zero = {"type": "rule", "color": FAINT, "strokeWidth": 0.8}
    return specification(
        {
            "facet": panels(table),
            "columns": columns,
            "spacing": 40,
            "spec": {
                "width": SIZE,
                "height": SIZE,
                "layer": [
                    {"mark": zero, "encoding": {"x": {"datum": 0, "scale": across}}},
                    {"mark": zero, "encoding": {"y": {"datum": 0, "scale": up}}},
                    {"transform": [{"filter": "datum.kind == 'bound'"}],
                     "mark": {"type": "rule", "strokeDash": [5, 4], "color": MUTED},
                     "encoding": {"x": x}},
                    {"transform": [{"filter": "datum.kind == 'arrow'"},
                                   {"calculate": "0", "as": "x0"}, {"calculate": "0", "as": "y0"}],
                     "mark": {"type": "rule", "strokeWidth": 2.6, "opacity": 0.75},
                     "encoding": {"x": {**x, "field": "x0"}, "x2": {"field": "infiltration"},
                                  "y": {**y, "field": "y0"}, "y2": {"field": "inflammation"},
                                  "color": colour}},
                    {"transform": [{"filter": "datum.kind == 'arrow'"}],
                     "mark": {"type": "point", "shape": "triangle-up", "filled": True,
                              "size": 150, "opacity": 1},
                     "encoding": {"x": x, "y": y, "color": colour,
                                  "angle": {"field": "angle", "type": "quantitative",
                                            "scale": None}}},
                    {"transform": [{"filter": "datum.kind == 'animal'"}],
                     "mark": {"type": "point", "filled": True, "opacity": 0.85,
                              "stroke": "white", "strokeWidth": 0.8},
                     "encoding": {"x": x, "y": y, "color": colour, "size": size,
                                  "tooltip": tooltip}},
                ],
            },
        }
    )  # fmt: skip


def _reach(values: pd.Series) -> Spec:
    """Return the scale of an axis: every animal, and at least two SDs on either side."""
    low, high = min(values.min(), -2.0), max(values.max(), 2.0)
    edge = 0.06 * (high - low)
    return {"domain": [low - edge, high + edge], "nice": False}


def _map_alt(context: Context, places: pd.DataFrame) -> str:
    said = [
        f"{context.label(str(arm))}: {int((own['p_not_desert'] >= 0.8).sum())} of {len(own)} hotter"
        for arm, own in places.groupby("arm", sort=False)
    ]
    return "Animals by infiltration and inflammation against their controls. " + "; ".join(said)


def panel_heat_map(context: Context) -> Figure | None:
    """Return every marker of every animal in SDs of its controls; ``None`` without markers."""
    markers = context.table("markers")
    if markers.empty or not context.study.arms:
        return None
    table = _against_controls(context, markers)
    if table.empty:
        return None
    rows, animals = table["title"].nunique(), table["animal"].nunique()
    return Figure(
        id=slug("panel", context.model),
        group="landscape",
        model=context.model,
        title=f"The panel, each animal against its controls, {context.model}",
        caption="Colour is the distance from the controls' mean in their standard deviations: "
        "red is higher, blue lower, white as the controls; beyond 4 SDs the colour stays. A marker "
        "with a dot (•) stands on less than 80% of its genes.",
        alt=f"{rows} markers of {animals} animals against the mean of their controls.",
        spec=_heat_spec(table),
        data=table,
        method_ids=("landscape.panel/1",),
        width=animals * CELL_WIDTH + 420,
        height=rows * CELL_HEIGHT + 140,
        synthetic=context.study.synthetic,
    )


def _against_controls(context: Context, markers: pd.DataFrame) -> pd.DataFrame:
    vehicle = next((arm.id for arm in context.study.arms if arm.role == "vehicle"), "")
    many = markers.groupby("animal")["marker"].transform("size")
    markers = markers[many >= FEWEST]
    parts = []
    for _, own in markers.groupby(["assay", "tissue", "day", "marker"], dropna=False, sort=False):
        controls = own.loc[own["arm"] == vehicle, "value"]
        spread = controls.std(ddof=1)
        if len(controls) < 2 or not spread > 0:
            continue
        z = (own["value"] - controls.mean()) / spread
        parts.append(own.assign(sds=z, shown=z.clip(-CLIP, CLIP)))
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    if table["assay"].nunique() > 1:
        table["title"] = table["assay"] + ": " + table["title"]
    order = {arm.id: k for k, arm in enumerate(context.study.arms)}
    table = table.assign(place=table["arm"].map(order), arm_label=table["arm"].map(context.label))
    table = table.sort_values(["day", "place", "animal"], kind="stable")
    day = [f", day\u00a0{day:g}" if np.isfinite(day) else "" for day in table["day"]]
    table["panel"] = table["arm_label"] + pd.Series(day, index=table.index)
    width = table.groupby("panel")["animal"].nunique().map(lambda n: max(11, int(n * 2.4)))
    table["panel"] = ["|".join(wrap(name, width[name])) for name in table["panel"]]
    columns = ["panel", "arm", "animal", "assay", "day", "theme", "title", "value", "unit", "sds",
               "shown", "status"]  # fmt: skip
    table["title"] += np.where(table["status"] == "caution", " •", "")
    return table[columns].reset_index(drop=True)


def _heat_spec(table: pd.DataFrame) -> Spec:
    order = list(dict.fromkeys(table.sort_values(["assay", "theme"], kind="stable")["title"]))
    x: Spec = {"field": "animal", "type": "nominal", "axis": None,
               "sort": list(dict.fromkeys(table["animal"]))}  # fmt: skip
    y: Spec = {"field": "title", "type": "nominal", "sort": order, "title": None,
               "axis": {"labelLimit": 330, "ticks": False, "domain": False}}  # fmt: skip
    colour: Spec = {"field": "shown", "type": "quantitative",
                    "scale": {"scheme": "redblue", "reverse": True, "domain": [-CLIP, CLIP]},
                    "legend": {"title": "SDs of controls", "orient": "right",
                               "direction": "vertical"}}  # fmt: skip
    names = ("animal", "panel", "title", "assay", "value", "unit", "sds", "status")
    tooltip = [{"field": name} for name in names]
    header = {"labelFontSize": 10.5, "labelExpr": "split(datum.value, '|')"}
    facet = {**panels(table), "header": header}
    return specification(
        {
            "facet": {"column": facet},
            "spacing": 6,
            "resolve": {"scale": {"x": "independent"}},
            "spec": {
                "width": {"step": CELL_WIDTH},
                "height": {"step": CELL_HEIGHT},
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 0.6},
                "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip},
            },
        }
    )  # fmt: skip
