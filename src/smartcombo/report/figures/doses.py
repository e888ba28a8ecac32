"""Dose series: effect of each dose against none, with the interval of all doses together."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, specification
from smartcombo.report.theme import FAINT, INK, VERDICTS, Spec
from smartcombo.report.words import number, slug

WIDTH, HEIGHT = 300, 240


def dose_effect(context: Context) -> Figure | None:
    """Return effect against dose, a panel a series; ``None`` where the study has no series."""
    doses = context.table("doses")
    if doses.empty:
        return None
    table = _rows(doses)
    said = [row["sentence"] for row in context.table("dose_words").to_dict("records")]
    return Figure(
        id=slug("doses", context.model),
        group="doses",
        model=context.model,
        title=f"Effect by dose, {context.model}",
        caption="Growth rate of each dose minus that without the agent, per day; below the line "
        "tumours grow slower: benefit. Bars hold for all doses of a panel together. A curve that "
        "comes back up is more dose, less benefit.",
        alt=" ".join(said),
        spec=_spec(table),
        data=table,
        method_ids=("dose-series.trend/1", "dose-series.turn/1"),
        width=(WIDTH + 60) * min(2, table["panel"].nunique()),
        height=HEIGHT + 80,
        synthetic=context.study.synthetic,
    )


def _rows(doses: pd.DataFrame) -> pd.DataFrame:
    table = doses.copy()
    table["panel"] = table["series"]
    reference = table["order"] == 0
    table["word"] = table["verdict"].where(~reference, "reference")
    table["shown"] = [
        f"{row.verdict} {number(row.value, 3)}" if row.order else str(row.reference)
        for row in table.itertuples()
    ]
    columns = ["panel", "agent", "kind", "level", "dose", "order", "n", "value", "low", "high", "p",
               "word", "shown", "reference"]  # fmt: skip
    return table[columns].reset_index(drop=True)


def _spec(table: pd.DataFrame) -> Spec:
    words = sorted(set(table["word"]))
    colour: Spec = {
        "field": "word",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": words, "range": [_colour(word) for word in words]},
    }
    x: Spec = {
        "field": "level",
        "type": "ordinal",
        "sort": {"field": "order"},
        "title": None,
        "axis": {"labelAngle": 0, "labelLimit": 110},
    }
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "title": "Difference in growth rate, per day",
        "scale": {"zero": True},
    }
    tooltip = [{"field": name} for name in ("level", "value", "low", "high", "p", "n")]
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}},
        {"mark": {"type": "line", "color": FAINT, "strokeWidth": 1.5},
         "transform": [{"filter": "datum.kind == 'dose'"}], "encoding": {"x": x, "y": y}},
        {"mark": {"type": "rule", "strokeWidth": 2.4},
         "transform": [{"filter": "isValid(datum.low)"}],
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"},
                      "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
         "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
    ]  # fmt: skip
    order = list(dict.fromkeys(table["panel"]))
    facet: Spec = {"field": "panel", "type": "nominal", "title": None, "sort": order}
    return specification(
        {
            "facet": facet,
            "columns": 2,
            "spec": {"width": WIDTH, "height": HEIGHT, "layer": layers},
            "resolve": {"scale": {"x": "independent"}},
        }
    )


def _colour(word: str) -> str:
    return VERDICTS[word].colour if word in VERDICTS else INK
