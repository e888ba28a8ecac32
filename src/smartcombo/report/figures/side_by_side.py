"""The assays side by side, and the genes behind a switch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    colour_scale,
    panels,
    span,
    specification,
)
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

ROW, WIDTH = 16, 260
ALL_DRAWN = 400
"""Surest genes of a panel that are all drawn; of the others ever fewer."""
LABELS, NAME_WIDTH, NAME_HEIGHT = 12, 0.17, 0.055
"""Most names in a panel, and the shares of its sides that one needs."""
RED, BLUE = "#b91c1c", "#1d4ed8"


def assays_side_by_side(context: Context) -> Figure | None:
    """Return each arm's shift by each assay in SDs of the controls; ``None`` without any."""
    table = context.table("agreement")
    if table.empty:
        return None
    table = _agreement_rows(context, table)
    axes = table["panel"].nunique()
    lines = table.groupby("panel")["line"].nunique().max()
    several = table["assay"].nunique() > 1
    return Figure(
        id=slug("assays", context.model),
        group="landscape",
        model=context.model,
        title=f"What each assay says, {context.model}",
        caption="Distance of each arm's mean from its controls with 95% interval, one line an "
        "assay and day, in standard deviations of those controls. Right of zero is more. Assays "
        "are not averaged: where their intervals part, they conflict."
        + ("" if several else " This study has one assay: nothing confirms it yet."),
        alt=_alt(table),
        spec=_agreement_spec(context, table),
        data=table,
        method_ids=("landscape.agreement/1",),
        width=axes * (WIDTH + 40) + 160,
        height=int(lines) * ROW * 3 + 160,
        synthetic=context.study.synthetic,
    )


def _agreement_rows(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    order = {arm.id: k for k, arm in enumerate(context.study.arms)}
    table = table.assign(
        arm_label=table["arm"].map(context.label),
        place=table["arm"].map(order),
        panel=table["axis"],
    )
    day = [f", day {day:g}" if np.isfinite(day) else "" for day in table["day"]]
    own = table["marker"] == table["axis"]
    what = table["assay"].where(own, table["assay"] + ": " + table["title"])
    table["line"] = what + pd.Series(day, index=table.index)
    return table.sort_values(["place", "line"], kind="stable", ignore_index=True)


def _agreement_spec(context: Context, table: pd.DataFrame) -> Spec:
    arms = context.arms_in(table)
    colour: Spec = {"field": "arm_label", "type": "nominal", "scale": colour_scale(context, arms),
                    "legend": {"title": None, "symbolOpacity": 1}}  # fmt: skip
    shown = [context.label(arm) for arm in arms]
    y: Spec = {"field": "line", "type": "nominal", "title": None,
               "axis": {"labelLimit": 240, "ticks": False, "domain": False}}  # fmt: skip
    offset: Spec = {"field": "arm_label", "type": "nominal", "scale": {"domain": shown}}
    reach = span(pd.concat([table["low"], table["high"], table["value"], pd.Series([0.0])]),
                 log=False)  # fmt: skip
    x: Spec = {"field": "value", "type": "quantitative", "scale": {"domain": reach},
               "title": "shift, SDs of the controls"}  # fmt: skip
    names = ("arm_label", "line", "value", "low", "high", "n", "verdict")
    tooltip = [{"field": name} for name in names]
    return specification(
        {
            "facet": {"column": {**panels(table), "header": {"labelFontWeight": "bold"}}},
            "spacing": 24,
            "spec": {
                "width": WIDTH,
                "height": max(60, table["line"].nunique() * (len(arms) + 1) * ROW),
                "layer": [
                    {"mark": {"type": "rule", "color": FAINT, "strokeWidth": 1},
                     "encoding": {"x": {"datum": 0}}},
                    {"mark": {"type": "rule", "strokeWidth": 2.2, "opacity": 0.8},
                     "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y,
                                  "yOffset": offset, "color": colour}},
                    {"mark": {"type": "point", "filled": True, "size": 75, "opacity": 1,
                              "stroke": "white", "strokeWidth": 0.8},
                     "encoding": {"x": x, "y": y, "yOffset": offset, "color": colour,
                                  "tooltip": tooltip}},
                ],
            },
        }
    )  # fmt: skip


def _alt(table: pd.DataFrame) -> str:
    said = [
        f"{row.arm_label}, {row.panel}, {row.line}: {row.value:.1f}, {row.verdict}"
        for row in table.itertuples()
    ]
    return "Shift of each arm by each assay in SDs of the controls. " + "; ".join(said[:20])


def genes_moved(context: Context) -> Figure | None:
    """Return fold change against certainty of every gene, one panel a comparison."""
    genes = context.table("genes")
    if genes.empty:
        return None
    table = _gene_points(context, genes)
    count = table["panel"].nunique()
    columns = min(count, 3)
    return Figure(
        id=slug("genes", context.model),
        group="genes",
        model=context.model,
        title=f"Which genes moved, {context.model}",
        caption="Each point is a gene: how far it moved (right is higher, or for Q4 more than "
        "additive) against how sure (higher is surer). Coloured: called at the stated false "
        "discovery rate. Ringed and named: genes of the panel. Beyond the 400 surest of a "
        "comparison ever fewer are drawn.",
        alt=f"Fold changes and p-values of genes in {count} comparisons.",
        spec=_volcano_spec(table, columns),
        data=table,
        method_ids=(f"differential.{genes['engine'].iloc[0]}/1",),
        width=columns * 330,
        height=-(-count // columns) * 330,
        synthetic=context.study.synthetic,
    )


def _gene_points(context: Context, genes: pd.DataFrame) -> pd.DataFrame:
    parts = []
    keys = ["day", "question", "contrast"]
    for (day, question, contrast), own in genes.groupby(keys, sort=False, dropna=False):
        own = own[np.isfinite(own["p"])].sort_values("p", kind="stable", ignore_index=True)
        own = own[own["named"].astype(bool) | own.index.isin(_drawn(len(own)))]
        when = f", day {day:g}" if np.isfinite(day) else ""
        own = own.assign(panel=f"{question if question != 'single' else 'alone'}: {contrast}{when}")
        own = own.assign(sure=-np.log10(np.maximum(own["p"], 1e-300)))
        parts.append(own)
    table = pd.concat(parts, ignore_index=True)
    spans = [max(float(np.ptp(table[name])), 1e-9) for name in ("value", "sure")]
    table["label"] = ""
    for _, own in table[table["named"].astype(bool) & (table["p"] < 0.05)].groupby(
        "panel", sort=False
    ):
        shown = _apart(own[["value", "sure"]].to_numpy(float), spans)
        table.loc[own.index[shown], "label"] = own["gene"].to_numpy()[shown]
    columns = ["panel", "gene", "value", "low", "high", "p", "p_bh", "sure", "level", "named",
               "verdict", "label"]  # fmt: skip
    return table[columns]


def _drawn(genes: int) -> np.ndarray:
    """Return the ranks that are drawn: every one of the surest, then ever wider apart."""
    if genes <= ALL_DRAWN:
        return np.arange(genes)
    further = ALL_DRAWN * np.exp(np.arange(ALL_DRAWN * np.log(genes / ALL_DRAWN)) / ALL_DRAWN)
    return np.concatenate([np.arange(ALL_DRAWN), np.unique(further.astype(int))])


def _apart(points: np.ndarray, spans: list[float]) -> list[int]:
    """Return which points, surest first, are named without one name over another."""
    shown: list[int] = []
    for k, (x, y) in enumerate(points):
        near = [
            j for j in shown
            if abs(points[j][0] - x) < NAME_WIDTH * spans[0]
            and abs(points[j][1] - y) < NAME_HEIGHT * spans[1]
        ]  # fmt: skip
        if not near and len(shown) < LABELS:
            shown.append(k)
    return shown


def _volcano_spec(table: pd.DataFrame, columns: int) -> Spec:
    up, down = ["higher", "more than additive"], ["lower", "less than additive"]
    colour: Spec = {"field": "verdict", "type": "nominal", "legend": None,
                    "scale": {"domain": [*up, *down, "inconclusive"],
                              "range": [RED, RED, BLUE, BLUE, FAINT]}}  # fmt: skip
    x: Spec = {"field": "value", "type": "quantitative", "title": "log2 fold change",
               "scale": {"domain": span(table["value"], log=False)}}  # fmt: skip
    y: Spec = {"field": "sure", "type": "quantitative", "title": "\u2212log10 p",
               "scale": {"domain": [0, span(table["sure"], log=False, pad=0.08)[1]]}}  # fmt: skip
    names = ("gene", "value", "low", "high", "p", "p_bh", "verdict")
    tooltip = [{"field": name} for name in names]
    named = {"transform": [{"filter": "datum.named"}]}
    return specification(
        {
            "facet": {**panels(table), "header": {"labelLimit": 300, "labelFontSize": 10.5}},
            "columns": columns,
            "spacing": 30,
            "spec": {
                "width": 260,
                "height": 230,
                "layer": [
                    {"mark": {"type": "rule", "color": FAINT, "strokeWidth": 0.5},
                     "encoding": {"x": {"datum": 0}}},
                    {"mark": {"type": "point", "filled": True, "size": 14, "opacity": 0.75},
                     "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
                    {**named, "mark": {"type": "point", "size": 42, "color": INK,
                                       "strokeWidth": 0.8},
                     "encoding": {"x": x, "y": y, "tooltip": tooltip}},
                    {**named, "mark": {"type": "text", "dy": -8, "fontSize": 9.5,
                                       "stroke": "white", "strokeWidth": 3},
                     "encoding": {"x": x, "y": y, "text": {"field": "label"}}},
                    {**named, "mark": {"type": "text", "dy": -8, "fontSize": 9.5, "color": INK},
                     "encoding": {"x": x, "y": y, "text": {"field": "label"}}},
                ],
            },
        }
    )  # fmt: skip
