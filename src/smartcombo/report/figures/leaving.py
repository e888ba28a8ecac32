"""Who left when, and why: one mark an animal, arm by arm."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, day_title, specification
from smartcombo.report.theme import FAINT, INK, Spec
from smartcombo.report.words import slug

WIDTH, STEP = 640, 13
REASONS: dict[str, tuple[str, str]] = {
    "size limit": ("#c2410c", "square"),
    "ulceration": ("#6b4c9a", "diamond"),
    "weight loss": ("#0072b2", "triangle-down"),
    "clinical score": ("#9b2d6f", "triangle-left"),
    "found dead": (INK, "cross"),
    "other": ("#009e73", "triangle-up"),
    "unknown": ("#e69f00", "triangle-right"),
    "planned cull": ("#7b8794", "stroke"),
    "tumour free": ("#009e73", "circle"),
    "alive at end": (FAINT, "circle"),
}
"""Reason -> colour and shape: never colour alone."""


def leaving_days(context: Context) -> Figure | None:
    """Return one line an animal to the day it left, by arm; ``None`` where nobody left."""
    table = context.table("leavers")
    if table.empty or not table["left"].any():
        return None
    table = _ranked(context, table)
    day = float(context.result.options["declared_day"][context.model])
    return Figure(
        id=slug("leaving", context.model),
        group="leaving",
        model=context.model,
        title=f"Who left when, and why, {context.model}",
        caption="Each line is one animal in the study; its mark says why it left. Dashed: the "
        "declared day. Leaving at the size limit is explained by the measured volume; an unknown "
        "reason is shown as unknown.",
        alt=_alt(context, table),
        spec=_spec(context, table, day),
        data=table,
        method_ids=("leaving.who/1",),
        width=WIDTH + 330,
        height=STEP * len(table) + 90 + 14 * table["panel"].nunique(),
        synthetic=context.study.synthetic,
    )


def _ranked(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    order = {arm: k for k, arm in enumerate(context.arms_in(table))}
    start = float(context.study.baseline_day)
    shown = table.assign(
        panel=table["arm"].map(context.labels),
        words=table["reason"].astype(str).str.replace("-", " "),
        start=start,
        order=table["arm"].map(order),
    )
    shown = shown.sort_values(["order", "day", "animal"], kind="stable")
    shown = shown.assign(place=shown.groupby("arm", sort=False).cumcount())
    columns = ["place", "panel", "arm", "animal", "start", "day", "last_day", "words", "left",
               "before", "derived"]  # fmt: skip
    return shown[columns].reset_index(drop=True)


def _spec(context: Context, table: pd.DataFrame, day: float) -> Spec:
    present = [word for word in REASONS if (table["words"] == word).any()]
    look = {"domain": present, "range": [REASONS[word][0] for word in present]}
    shape = {"domain": present, "range": [REASONS[word][1] for word in present]}
    legend = {"title": None, "symbolOpacity": 1}
    x: Spec = {"field": "start", "type": "quantitative", "title": day_title(context.study),
               "scale": {"domain": [float(table["start"].min()), float(table["day"].max())],
                         "nice": False, "zero": False, "padding": 8}}  # fmt: skip
    most = int(table["place"].max())
    y: Spec = {"field": "place", "type": "quantitative", "axis": None,
               "scale": {"domain": [-0.5, most + 0.5], "reverse": True, "nice": False}}  # fmt: skip
    colour: Spec = {"field": "words", "type": "nominal", "scale": look, "legend": legend}
    line = {"type": "rule", "strokeWidth": 1.6, "opacity": 0.45}
    return specification(
        {
            "facet": {
                "row": {
                    "field": "panel", "type": "nominal", "title": None,
                    "sort": list(dict.fromkeys(table["panel"])),
                    "header": {"labelAngle": 0, "labelAlign": "left", "labelLimit": 220},
                }
            },
            "spacing": 8,
            "spec": {
                "width": WIDTH,
                "height": STEP * (most + 1),
                "layer": [
                    {"mark": {"type": "rule", "color": FAINT, "strokeDash": [4, 4]},
                     "encoding": {"x": {"datum": day, "type": "quantitative"}}},
                    {"mark": line,
                     "encoding": {"x": x, "x2": {"field": "day"}, "y": y, "color": colour}},
                    {"mark": {"type": "point", "filled": True, "size": 62, "opacity": 1},
                     "encoding": {
                         "x": {**x, "field": "day"}, "y": y, "color": colour,
                         "shape": {"field": "words", "type": "nominal", "scale": shape,
                                   "legend": legend},
                         "tooltip": [{"field": f} for f in ("animal", "words", "day")],
                     }},
                ],
            },
        }
    )  # fmt: skip


def _alt(context: Context, table: pd.DataFrame) -> str:
    said = []
    for arm, own in table.groupby("arm", sort=False):
        gone = own[own["left"]]
        counts = gone["words"].value_counts(sort=False)
        why = ", ".join(f"{count} {word}" for word, count in counts.items()) or "nobody left"
        said.append(f"{context.label(str(arm))}: {why} of {len(own)}")
    return "Days and reasons of leaving by arm. " + "; ".join(said) + "."
