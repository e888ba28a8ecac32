"""Would another model say otherwise: the same answer under every specification."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, panels, specification
from smartcombo.report.theme import FAINT, INK, Spec, verdict_style
from smartcombo.report.words import NULL_MODELS, slug

WIDTH, HEIGHT = 262, 150


def robustness_curve(context: Context) -> Figure | None:
    """Return each answer under all specifications, sorted, coloured by its word."""
    table = context.table("robustness")
    if table.empty:
        return None
    table = _ranked(context, table)
    panels = table["panel"].nunique()
    return Figure(
        id=slug("robustness", context.model),
        group="robustness",
        model=context.model,
        title=f"The same answers under every specification, {context.model}",
        caption="Each line is one way to model the same curves (shape of growth, variance model, "
        "time scale, baseline rule, covariance), sorted by its estimate with its interval; the "
        "ringed one is the primary model. An answer that keeps its colour does not depend on the "
        "model.",
        alt=_alt(table),
        spec=_spec(table),
        data=table,
        method_ids=("growth.robustness/1",),
        width=3 * (WIDTH + 70),
        height=-(-panels // 3) * (HEIGHT + 70),
        synthetic=context.study.synthetic,
    )


def _ranked(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    several = table["combination"].nunique() > 1
    names = [
        f"{context.label(row.combination) + ', ' if several else ''}{row.question}"
        f"{' ' + NULL_MODELS.get(row.null_model, '') if row.null_model else ''}"
        for row in table.itertuples()
    ]
    ranked = table.assign(panel=names)
    rank = ranked.groupby("panel", sort=False)["value"].rank(method="first")
    return ranked.assign(rank=rank).dropna(subset=["value"]).reset_index(drop=True)


def _spec(table: pd.DataFrame) -> Spec:
    words = list(dict.fromkeys(table["verdict"]))
    colour: Spec = {
        "field": "verdict",
        "type": "nominal",
        "scale": {"domain": words, "range": [verdict_style(word).colour for word in words]},
        "legend": {"title": None, "symbolType": "square"},
    }
    x: Spec = {"field": "rank", "type": "quantitative", "axis": None}
    y: Spec = {"field": "value", "type": "quantitative", "title": "log ratio"}
    interval: Spec = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}
    names = ("shape", "variance", "time_scale", "baseline", "inference", "verdict")
    tooltip = [{"field": name} for name in names]
    ring: Spec = {"type": "point", "size": 90, "stroke": INK, "strokeWidth": 1.8, "filled": False}
    return specification(
        {
            "facet": panels(table),
            "columns": 3,
            "bounds": "flush",
            "spacing": {"row": 46, "column": 70},
            "resolve": {"scale": {"y": "independent"}},
            "spec": {
                "width": WIDTH,
                "height": HEIGHT,
                "layer": [
                    {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}},
                    {"mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.45},
                     "encoding": interval},
                    {"mark": {"type": "circle", "size": 26, "opacity": 1},
                     "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
                    {"transform": [{"filter": "datum.is_primary"}], "mark": ring,
                     "encoding": {"x": x, "y": y, "tooltip": tooltip}},
                ],
            },
        }
    )  # fmt: skip


def _alt(table: pd.DataFrame) -> str:
    said = []
    for panel, rows in table.groupby("panel", sort=False):
        counts = rows["verdict"].value_counts(sort=False)
        words = ", ".join(f"{word} {count}" for word, count in counts.items())
        said.append(f"{panel}: {words}")
    return "How many specifications give each word. " + "; ".join(said) + "."
