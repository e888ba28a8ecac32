"""How far could an answer be off because animals left: every method, and every shift."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.efficacy.leaving.panel import CONTRASTING, DELTA, METHOD_WORDS
from smartcombo.report.figures.base import Context, Figure, panels, specification
from smartcombo.report.theme import FAINT, INK, MUTED, Spec, verdict_style
from smartcombo.report.words import NULL_MODELS, slug

WIDTH, ROW = 300, 26
CURVE_WIDTH, CURVE_HEIGHT = 330, 210
SHOWN = ("", "bliss")
"""Null models whose answers are drawn: Q2, and Q4 against Bliss; the table has all."""
SCOPES = {
    "combination": "only leavers of the combination",
    "all arms": "leavers of all arms",
}


def sensitivity_panel(context: Context) -> Figure | None:
    """Return Q2 and Q4 under each method side by side; ``None`` where nobody left early."""
    table = _answers(context)
    if table.empty:
        return None
    rows = table["row"].nunique()
    return Figure(
        id=slug("sensitivity", context.model),
        group="leaving",
        model=context.model,
        title=f"The same answers under other assumptions about leaving, {context.model}",
        caption="Log ratio at the declared day with its interval. Q2: arm / comparator, left of "
        "the line is benefit. Q4: expected / observed, right of the line is synergy. Filled: the "
        "reference and its sensitivity analyses; open: shown for contrast, not recommended."
        + _shift_words(table),
        alt=_answers_alt(table),
        spec=_answers_spec(table),
        data=table,
        method_ids=("leaving.mar/1", "leaving.delta/1", "leaving.joint/1"),
        width=2 * (WIDTH + 40) + 200,
        height=(ROW * rows + 70) * -(-table["panel"].nunique() // 2),
        synthetic=context.study.synthetic,
    )


def _shift_words(table: pd.DataFrame) -> str:
    """Return what the shifted answers assume, where there are any."""
    shifted = table.loc[table["row"] == METHOD_WORDS[DELTA], "scale"]
    if shifted.empty:
        return ""
    return f" Shifted: {str(shifted.iloc[0]).rpartition('; ')[2]} than predicted."


def _answers(context: Context) -> pd.DataFrame:
    if context.result.analysis != "leaving":
        return pd.DataFrame()
    rows = context.estimates()
    rows = rows[rows["question"].isin(["Q2", "Q4"]) & rows["null_model"].isin(SHOWN)]
    rows = rows[(rows["estimand"] == "log_ratio") & rows["method"].isin(list(METHOD_WORDS))]
    rows = rows[np.isfinite(rows["value"].astype(float))]
    if rows.empty:
        return rows
    order = {key: k for k, key in enumerate(METHOD_WORDS)}
    several = rows["arm"].nunique() > 1
    names = [
        f"{row.question}{' ' + NULL_MODELS[row.null_model] if row.null_model else ''}"
        f"{', ' + context.label(row.arm) if several else ''}"
        for row in rows.itertuples()
    ]
    shown = rows.assign(
        row=rows["method"].map(METHOD_WORDS),
        advised=~rows["method"].isin(CONTRASTING),
        panel=names,
        order=rows["method"].map(order),
    )
    shown = shown.sort_values("order", kind="stable")
    shown = shown.assign(
        reference=shown.groupby("panel", sort=False)["value"].transform("first"),
        solid=shown["value"].where(shown["advised"]),
        open=shown["value"].where(~shown["advised"]),
    )
    columns = ["panel", "row", "value", "low", "high", "n", "verdict", "advised", "order",
               "reference", "solid", "open", "scale"]  # fmt: skip
    return shown[columns].reset_index(drop=True)


def _answers_spec(table: pd.DataFrame) -> Spec:
    rows = list(dict.fromkeys(table["row"]))
    y: Spec = {"field": "row", "type": "nominal", "sort": rows, "title": None,
               "axis": {"labelLimit": 220, "labelColor": INK, "ticks": False,
                        "domain": False}}  # fmt: skip
    words = list(dict.fromkeys(table["verdict"]))
    colour: Spec = {"field": "verdict", "type": "nominal",
                    "scale": {"domain": words,
                              "range": [verdict_style(word).colour for word in words]},
                    "legend": {"title": None, "symbolType": "square"}}  # fmt: skip
    x: Spec = {"field": "low", "type": "quantitative", "title": "log ratio"}
    tooltip = [{"field": f} for f in ("row", "verdict", "n", "scale")]
    point: Spec = {"y": y, "color": colour, "tooltip": tooltip}
    return specification(
        {
            "facet": panels(table) | {"header": {"labelLimit": WIDTH + 60}},
            "columns": 2,
            "resolve": {"scale": {"x": "independent"}},
            "spec": {
                "width": WIDTH,
                "height": ROW * len(rows),
                "layer": [
                    {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 0}}},
                    {"mark": {"type": "rule", "color": FAINT, "strokeDash": [3, 3]},
                     "encoding": {"x": {**x, "field": "reference"}}},
                    {"mark": {"type": "rule", "strokeWidth": 2.2},
                     "encoding": {"y": y, "x": x, "x2": {"field": "high"}, "color": colour,
                                  "strokeDash": {"field": "advised", "type": "nominal",
                                                 "legend": None,
                                                 "scale": {"domain": [True, False],
                                                           "range": [[1, 0], [5, 3]]}}}},
                    {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                     "encoding": {**point, "x": {**x, "field": "solid"}}},
                    {"mark": {"type": "point", "filled": False, "size": 70, "fill": "#ffffff",
                              "strokeWidth": 1.8, "opacity": 1},
                     "encoding": {**point, "x": {**x, "field": "open"}}},
                ],
            },
        }
    )  # fmt: skip


def _answers_alt(table: pd.DataFrame) -> str:
    said = []
    for panel, rows in table.groupby("panel", sort=False):
        words = ", ".join(f"{r.row} {r.value:.2f} {r.verdict}" for r in rows.itertuples())
        said.append(f"{panel}: {words}")
    return "Log ratios under each assumption about leaving. " + "; ".join(said) + "."


def delta_curve(context: Context) -> Figure | None:
    """Return Q2 and Q4 over shifts of growth after leaving, tipping points marked."""
    curves = context.table("delta_curves")
    if curves.empty:
        return None
    curves = curves[curves["question"].isin(["Q2", "Q4"]) & curves["null_model"].isin(SHOWN)]
    if curves.empty:
        return None
    table = _with_tips(context, curves)
    return Figure(
        id=slug("tipping-point", context.model),
        group="leaving",
        model=context.model,
        title=f"Had the animals that left grown otherwise, {context.model}",
        caption="The answer if, after leaving for another or unknown reason, animals had grown "
        "faster (right) or slower (left) than the model predicts, with its interval. Diamonds: "
        "the smallest shift that changes the word; without one, no shift drawn does.",
        alt=_tips_alt(table),
        spec=_curve_spec(table),
        data=table,
        method_ids=("leaving.delta/1",),
        width=2 * (CURVE_WIDTH + 90),
        height=(CURVE_HEIGHT + 80) * -(-table["panel"].nunique() // 2) + 40,
        synthetic=context.study.synthetic,
    )


def _named(table: pd.DataFrame) -> pd.DataFrame:
    several = table["combination"].nunique() > 1
    names = [
        f"{r.question}{' ' + NULL_MODELS[r.null_model] if r.null_model else ''}"
        f"{', ' + r.contrast if several else ''}, {SCOPES[r.scope]}"
        for r in table.itertuples()
    ]
    return table.assign(panel=names)


def _with_tips(context: Context, curves: pd.DataFrame) -> pd.DataFrame:
    """Return curves and tipping points as rows of one table; scopes without leavers stay out."""
    tips = context.table("tipping_points")
    keys = ["combination", "question", "null_model", "contrast", "scope"]
    moved = tips[tips["animals"] > 0][keys].drop_duplicates()
    curves = curves.merge(moved, on=keys).assign(kind="curve")
    found = tips[np.isfinite(tips["delta"].astype(float))].merge(
        curves[keys].drop_duplicates(), on=keys
    )
    points = found.assign(
        kind="tip",
        value=0.0,
        verdict=found["becomes"],
        text=[f"{d:+.2g} per day: {w}" for d, w in zip(found["delta"], found["becomes"],
                                                       strict=True)],
    )  # fmt: skip
    parts = [curves, points] if len(points) else [curves]
    table = _named(pd.concat(parts, ignore_index=True))
    columns = ["panel", "kind", *keys, "delta", "value", "low", "high", "verdict"]
    return table[[*columns, "text"] if "text" in table else columns]


def _curve_spec(table: pd.DataFrame) -> Spec:
    words = list(dict.fromkeys(table["verdict"]))
    colour: Spec = {"field": "verdict", "type": "nominal",
                    "scale": {"domain": words,
                              "range": [verdict_style(word).colour for word in words]},
                    "legend": {"title": None, "symbolType": "circle"}}  # fmt: skip
    x: Spec = {"field": "delta", "type": "quantitative",
               "title": "growth after leaving beyond that predicted, per day"}  # fmt: skip
    y: Spec = {"field": "value", "type": "quantitative", "title": "log ratio"}
    curve, tip = {"filter": "datum.kind == 'curve'"}, {"filter": "datum.kind == 'tip'"}
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}},
        {"mark": {"type": "rule", "color": FAINT, "strokeDash": [3, 3]},
         "encoding": {"x": {"datum": 0}}},
        {"transform": [curve], "mark": {"type": "area", "opacity": 0.12, "color": MUTED},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {"transform": [curve], "mark": {"type": "line", "color": MUTED, "strokeWidth": 1.4},
         "encoding": {"x": x, "y": y}},
        {"transform": [curve], "mark": {"type": "circle", "size": 34, "opacity": 1},
         "encoding": {"x": x, "y": y, "color": colour}},
    ]  # fmt: skip
    if (table["kind"] == "tip").any():
        layers += [
            {"transform": [tip],
             "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 130,
                      "opacity": 1, "stroke": INK, "strokeWidth": 1},
             "encoding": {"x": x, "y": y, "color": colour}},
            *(
                {"transform": [tip, {"filter": side}],
                 "mark": {"type": "text", "dy": 18, "align": align, "fontWeight": "bold",
                          "color": INK},
                 "encoding": {"x": x, "y": y, "text": {"field": "text"}}}
                for side, align in _sides(table)
            ),
        ]  # fmt: skip
    return specification(
        {
            "facet": panels(table) | {"header": {"labelLimit": CURVE_WIDTH + 40}},
            "columns": 2,
            "spec": {"width": CURVE_WIDTH, "height": CURVE_HEIGHT, "layer": layers},
        }
    )


def _sides(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the sides of zero that have a tipping point, and where their words end."""
    delta = table.loc[table["kind"] == "tip", "delta"]
    sides = [("datum.delta > 0", "right", (delta > 0).any()),
             ("datum.delta <= 0", "left", (delta <= 0).any())]  # fmt: skip
    return [(side, align) for side, align, there in sides if there]


def _tips_alt(table: pd.DataFrame) -> str:
    said = []
    for panel, rows in table.groupby("panel", sort=False):
        tips = rows[rows["kind"] == "tip"]
        found = ", ".join(f"{r.verdict} at {r.delta:+.2g} per day" for r in tips.itertuples())
        said.append(f"{panel}: {found or 'no shift drawn changes the word'}")
    return "Tipping points of the answers. " + "; ".join(said) + "."
