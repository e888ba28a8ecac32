"""Tissue: maps of cells, densities against the cuts, and the phenotype of each animal."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    colour_scale,
    log_ticks,
    panels,
    span,
    specification,
)
from smartcombo.report.theme import FAINT, INK, MUTED, Spec
from smartcombo.report.words import slug

KINDS = {"desert": "#a7b1bc", "excluded": "#e0a43a", "inflamed": "#a4342a"}
"""Phenotype -> colour, from cold to hot."""
CELL_COLOURS = {"tumour": "#c9d3dd", "stroma": "#ead9bd", "CD3": "#1f7a8c", "CD8": "#c2410c"}
METHODS = ("landscape.tissue/1",)
MAP_SIZE, MAP_COLUMNS = 190, 6
BAR = 20
HEADER = {"labelExpr": "split(datum.value, '|')", "labelFontSize": 10, "labelLineHeight": 12}


def _arm(context: Context, arm: str) -> str:
    return context.label(arm) if arm else "all"


def phenotype_bars(context: Context) -> Figure | None:
    """Return the probabilities of each animal's phenotype, by arm; ``None`` without tissue."""
    table = context.table("phenotypes")
    if table.empty:
        return None
    order = {arm.id: k for k, arm in enumerate(context.study.arms)}
    hot = table["p_excluded"] + 2 * table["p_inflamed"]
    table = table.assign(place=table["arm"].map(order).fillna(0), hot=hot)
    table = table.sort_values(["day", "place", "hot"], kind="stable")
    count = table.groupby(["arm", "day"], dropna=False)["animal"].transform("nunique")
    several = table["day"].nunique() > 1
    table["panel"] = [
        _heading(_arm(context, arm) + (f", day {day:g}" if several else ""), n)
        for arm, day, n in zip(table["arm"], table["day"], count, strict=True)
    ]
    table["bar"] = np.where(table["near_cut"], "● ", "") + table["animal"].astype(str)
    rows = table.melt(["panel", "arm", "animal", "bar", "phenotype", "near_cut"],
                      [f"p_{kind}" for kind in KINDS], "kind", "probability")  # fmt: skip
    rows["kind"] = rows["kind"].str.removeprefix("p_")
    rows["order"] = rows["kind"].map({kind: k for k, kind in enumerate(KINDS)})
    counts = table["phenotype"].value_counts()
    return Figure(
        id=slug("phenotypes", context.model),
        group="tissue",
        model=context.model,
        title=f"Desert, excluded or inflamed, {context.model}",
        caption="One bar an animal: the probabilities of its phenotype from where its T cells lie. "
        "A bar of one colour is sure; a mixed one lies between two phenotypes. The cuts between "
        "them are a convention; a dot before the name marks animals whose word changes when all "
        "cuts move by a quarter.",
        alt="Animals by phenotype: " + "; ".join(f"{n} {word}" for word, n in counts.items()),
        spec=_bars_spec(table, rows),
        data=rows,
        method_ids=METHODS,
        width=len(table) * BAR + 60 * table["panel"].nunique() + 160,
        height=340,
        synthetic=context.study.synthetic,
    )


def _heading(name: str, animals: int) -> str:
    """Return the heading of an arm's bars, in lines no wider than they are."""
    return "|".join([*wrap(name, max(12, 3 * animals)), f"n = {animals}"])


def _bars_spec(table: pd.DataFrame, rows: pd.DataFrame) -> Spec:
    x: Spec = {"field": "bar", "type": "nominal", "sort": list(table["bar"]), "title": None,
               "axis": {"labelAngle": -60, "labelLimit": 150, "ticks": False}}  # fmt: skip
    colour = {"field": "kind", "type": "nominal", "legend": {"title": None},
              "scale": {"domain": list(KINDS), "range": list(KINDS.values())}}  # fmt: skip
    names = ("animal", "panel", "kind", "probability", "phenotype")
    y = {"field": "probability", "type": "quantitative", "stack": "zero", "title": "probability",
         "scale": {"domain": [0, 1]}, "axis": {"values": [0, 0.5, 1]}}  # fmt: skip
    return specification(
        {
            "facet": {"column": {**panels(table), "header": HEADER}},
            "spacing": 14,
            "resolve": {"scale": {"x": "independent"}},
            "spec": {
                "width": {"step": BAR},
                "height": 190,
                "mark": {"type": "bar", "stroke": "white", "strokeWidth": 0.7},
                "encoding": {
                    "x": x, "y": y, "color": colour, "order": {"field": "order"},
                    "tooltip": [{"field": name} for name in names],
                },
            },
        }
    )  # fmt: skip


def density_plane(context: Context) -> Figure | None:
    """Return each animal's densities in tumour and stroma with the cuts; ``None`` without."""
    options = context.result.options.get("tissue", {})
    cuts = {name: (inside, out) for name, inside, out in options.get("cuts", ())}
    table = context.table("tissue")
    if table.empty or not set(table["marker"]) & set(cuts):
        return None
    table = table[table["marker"].isin(cuts)].reset_index(drop=True)
    table = table.assign(kind="animal", panel=table["marker"] + " cells",
                         arm_label=[_arm(context, arm) for arm in table["arm"]])  # fmt: skip
    for place in ("tumour", "stroma"):
        table[place] = (table[f"{place}_n"] + 0.5) / table[f"{place}_mm2"].where(
            table[f"{place}_mm2"] > 0)  # fmt: skip
        table[f"{place}_low"] = table[f"{place}_low"].clip(lower=0.5 / table[f"{place}_mm2"].max())
    lines = pd.DataFrame([{"kind": "cut", "panel": f"{name} cells", "tumour": cuts[name][0],
                           "stroma": cuts[name][1]}
                          for name in dict.fromkeys(table["marker"])])  # fmt: skip
    kept = ["kind", "panel", "arm", "arm_label", "animal", "tumour", "tumour_low", "tumour_high",
            "stroma", "stroma_low", "stroma_high", "ratio", "k", "k_low", "k_high",
            "fields"]  # fmt: skip
    rows = pd.concat([table, lines], ignore_index=True).reindex(columns=kept)
    said = ", ".join(
        f"{name} {inside:g} in the tumour and {out:g} in the stroma"
        for name, (inside, out) in cuts.items()
        if name in set(table["marker"])
    )
    return Figure(
        id=slug("tissue-densities", context.model),
        group="tissue",
        model=context.model,
        title=f"T cells in the tumour and in the stroma, {context.model}",
        caption="Each point is an animal with the intervals of its counts. Below both dashed lines "
        "lies the desert, to the right of the upright one and below the level one the excluded, "
        f"above it the inflamed. The lines are a convention through a continuum ({said}, cells "
        "per mm²). Half a cell is added so that none can be drawn.",
        alt=f"{table['animal'].nunique()} animals by density of T cells in tumour and stroma.",
        spec=_plane_spec(context, rows),
        data=rows,
        method_ids=METHODS,
        width=390 * rows["panel"].nunique() + 150,
        height=420,
        synthetic=context.study.synthetic,
    )  # fmt: skip


def _plane_spec(context: Context, rows: pd.DataFrame) -> Spec:
    arms = context.arms_in(rows.dropna(subset=["arm"]))
    scale = colour_scale(context, arms) if arms else {"domain": ["all"], "range": [INK]}
    colour = {"field": "arm_label", "type": "nominal", "scale": scale,
              "legend": {"title": None, "symbolOpacity": 1} if arms else None}  # fmt: skip
    axis = {}
    for place, title in (("stroma", "in the stroma"), ("tumour", "in the tumour")):
        domain = span(pd.concat([rows[place], rows[f"{place}_low"], rows[f"{place}_high"]]),
                      log=True)  # fmt: skip
        axis[place] = {
            "type": "quantitative", "title": f"cells per mm² {title}",
            "scale": {"type": "log", "domain": domain, "nice": False, "clamp": True},
            "axis": {"values": log_ticks(*domain), "format": "~g"},
        }  # fmt: skip
    x, y = ({**axis[place], "field": place} for place in ("stroma", "tumour"))
    dash = {"type": "rule", "strokeDash": [5, 4], "color": MUTED}
    thin = {"type": "rule", "opacity": 0.45, "strokeWidth": 1}
    names = ("animal", "arm_label", "tumour", "stroma", "ratio", "k", "k_low", "k_high", "fields")
    animal = [{"filter": "datum.kind == 'animal'"}]
    cut = [{"filter": "datum.kind == 'cut'"}]
    return specification(
        {
            "facet": panels(rows),
            "columns": 2,
            "spacing": 40,
            "spec": {
                "width": 310,
                "height": 290,
                "layer": [
                    {"transform": cut, "mark": dash, "encoding": {"y": y}},
                    {"transform": cut, "mark": dash, "encoding": {"x": x}},
                    {"transform": animal, "mark": thin,
                     "encoding": {"x": {**x, "field": "stroma_low"},
                                  "x2": {"field": "stroma_high"}, "y": y, "color": colour}},
                    {"transform": animal, "mark": thin,
                     "encoding": {"y": {**y, "field": "tumour_low"},
                                  "y2": {"field": "tumour_high"}, "x": x, "color": colour}},
                    {"transform": animal,
                     "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.9,
                              "stroke": "white", "strokeWidth": 0.8},
                     "encoding": {"x": x, "y": y, "color": colour,
                                  "tooltip": [{"field": name} for name in names]}},
                ],
            },
        }
    )  # fmt: skip


def tissue_maps(context: Context) -> Figure | None:
    """Return the cells of every field as small multiples; ``None`` without tissue."""
    cells = context.table("map")
    if cells.empty:
        return None
    order = {arm.id: k for k, arm in enumerate(context.study.arms)}
    cells = cells.assign(place=cells["arm"].map(order).fillna(0))
    cells = cells.sort_values(["place", "animal", "sample", "field"], kind="stable")
    name = [str(a) if a == s else f"{a}, {s}"
            for a, s in zip(cells["animal"], cells["sample"], strict=True)]  # fmt: skip
    field = cells["field"].where(cells["field"] == "", ", " + cells["field"].astype(str))
    called = context.table("phenotypes").set_index("animal")["phenotype"].to_dict()
    word = [called.get(animal, "") for animal in cells["animal"]]
    arm = [f"|{context.label(arm)}" if arm else "" for arm in cells["arm"]]
    label = [f"{n}{f}{a}|{w}" for n, f, a, w in zip(name, field, arm, word, strict=True)]
    corner = cells.groupby(["sample", "field"], sort=False)[["x_um", "y_um"]].transform("min")
    shifted = {axis: (cells[f"{axis}_um"] - corner[f"{own}_um"]).round(1)
               for axis, own in (("x", "x"), ("y", "y"), ("x2", "x"), ("y2", "y"))}  # fmt: skip
    table = cells.assign(panel=label, **shifted)
    table = table[["panel", "arm", "animal", "kind", "x", "y", "x2", "y2"]].reset_index(drop=True)
    count = table["panel"].nunique()
    columns = min(count, MAP_COLUMNS)
    total = int(context.table("tissue").groupby("animal")["cells"].first().sum())
    shown = int((table["kind"] != "border").sum())
    thinned = f" Of {total} cells {shown} are drawn: all T cells, a part of the others."
    return Figure(
        id=slug("tissue-maps", context.model),
        group="tissue",
        model=context.model,
        title=f"Where the T cells lie, {context.model}",
        caption="Every panel is a field: pale blue are cells of the tumour, sand those of the "
        "stroma, the line the border between them. All panels have the same scale."
        + (thinned if shown < total else ""),
        alt=f"Maps of the cells of {count} fields with the T cells marked.",
        spec=_maps_spec(table, columns),
        data=table,
        method_ids=METHODS,
        width=columns * (MAP_SIZE + 16) + 120,
        height=-(-count // columns) * (MAP_SIZE + 60) + 80,
        synthetic=context.study.synthetic,
    )


def _maps_spec(table: pd.DataFrame, columns: int) -> Spec:
    reach = float(np.nanmax(table[["x", "y"]].to_numpy(float)))
    scale = {"domain": [-0.02 * reach, 1.02 * reach], "nice": False}
    x: Spec = {"field": "x", "type": "quantitative", "scale": scale, "axis": None}
    y: Spec = {"field": "y", "type": "quantitative", "axis": None,
               "scale": {**scale, "reverse": True}}  # fmt: skip
    kinds = [kind for kind in CELL_COLOURS if kind in set(table["kind"])]
    colour = {"field": "kind", "type": "nominal",
              "legend": {"title": None, "symbolOpacity": 1, "symbolSize": 60},
              "scale": {"domain": kinds, "range": [CELL_COLOURS[k] for k in kinds]}}  # fmt: skip
    faint = "datum.kind == 'tumour' || datum.kind == 'stroma'"
    many = max(1.0, len(table) / table["panel"].nunique() / 500)
    dot = {"type": "circle", "opacity": 1}
    return specification(
        {
            "facet": {**panels(table), "header": HEADER},
            "columns": columns,
            "spacing": 14,
            "spec": {
                "width": MAP_SIZE,
                "height": MAP_SIZE,
                "layer": [
                    {"transform": [{"filter": faint}],
                     "mark": {**dot, "size": max(4.0, 16 / many)},
                     "encoding": {"x": x, "y": y, "color": colour}},
                    {"transform": [{"filter": "datum.kind == 'border'"}],
                     "mark": {"type": "rule", "color": FAINT, "strokeWidth": 1.1},
                     "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}}},
                    {"transform": [{"filter": f"!({faint}) && datum.kind != 'border'"}],
                     "mark": {**dot, "size": max(9.0, 26 / many)},
                     "encoding": {"x": x, "y": y, "color": colour}},
                ],
            },
        }
    )  # fmt: skip
