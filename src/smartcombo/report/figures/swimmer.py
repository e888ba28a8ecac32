"""Swimmer plot: one bar an animal, from baseline to the end of its follow-up."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, colour_scale, specification
from smartcombo.report.theme import INK, PAPER, Spec
from smartcombo.report.words import slug
from smartcombo.study.model import Arm

WIDTH, ROW, LONGEST_NAME = 700, 15, 130
FREE = "tumour-free"
PROGRESSED = "progressed"
SMALLEST = "smallest volume"
SHRUNK = -30.0
"""Change from baseline, per cent, from which on the smallest volume is marked: less is noise."""
SHAPES = {
    PROGRESSED: "diamond",
    SMALLEST: "triangle-down",
    "alive at the end": "triangle-right",
    "tumour-free at the end": "circle",
    "planned cull": "square",
    "found dead": "cross",
    "removed: ulceration": "triangle-up",
    "removed: weight loss": "triangle-left",
}
REMOVED = "M-1,-1L1,1M-1,1L1,-1"
LEFT = "stroke"


def swimmer(context: Context) -> Figure | None:
    """Return the course of each animal; ``None`` without follow-up."""
    rows = context.table("swimmer")
    if rows.empty:
        return None
    table = _ranked(context, rows)
    animals = table["animal"].nunique()
    arms = context.arms_in(table)
    return Figure(
        id=slug("swimmer", context.model),
        group="progression",
        model=context.model,
        title=f"Every animal from baseline to its end, {context.model}",
        caption="One bar an animal, longest on top in each arm. The solid part is a stretch of "
        "visits without measurable tumour. Diamond: progression; triangle: smallest volume, where "
        f"it lay {-SHRUNK:g}% or more below that at baseline; the symbol at the end says how the "
        "animal left.",
        alt=_alt(context, rows),
        spec=_spec(context, table, arms),
        data=table,
        method_ids=("progression.kaplan-meier/1",),
        width=WIDTH + 260,
        height=ROW * animals + 40 * len(arms) + 120,
        synthetic=context.study.synthetic,
    )


def _ranked(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Return bars, stretches and marks, each animal with its place in its arm."""
    order = {arm: k for k, arm in enumerate(context.arms_in(rows))}
    bars = rows.drop_duplicates("animal").assign(place=lambda t: t["arm"].map(order))
    bars = bars.sort_values(["place", "end", "animal"], ascending=[True, False, True])
    bars["rank"] = bars.groupby("arm", sort=False).cumcount() + 1
    keys = bars[["animal", "rank"]]
    stretches = rows[rows["free_from"].notna()].merge(keys, on="animal")
    free = stretches.assign(kind="free", day=stretches["free_from"], until=stretches["free_to"])
    parts = [bars.assign(kind="bar", day=bars["start"], until=bars["end"]), free, _marks(bars)]
    columns = ["kind", "arm", "animal", "rank", "day", "until", "mark", "end", "progressed",
               "best_day", "best_percent", "fate", "ending"]  # fmt: skip
    table = pd.concat([part.reindex(columns=columns) for part in parts if len(part)])
    return table.assign(panel=table["arm"].map(context.label)).reset_index(drop=True)


def _marks(bars: pd.DataFrame) -> pd.DataFrame:
    bars = bars.assign(best_day=bars["best_day"].where(bars["best_percent"] <= SHRUNK))
    moments = {PROGRESSED: "progressed", SMALLEST: "best_day"}
    parts = [
        bars[bars[column].notna()].assign(kind="mark", mark=name, day=lambda t, c=column: t[c])
        for name, column in moments.items()
    ]
    return pd.concat([*parts, bars.assign(kind="mark", mark=bars["ending"], day=bars["end"])])


def _spec(context: Context, table: pd.DataFrame, arms: list[str]) -> Spec:
    end = float(table["day"].max())
    scale = {"domain": [0, end * 1.03], "nice": False}
    x: Spec = {"field": "day", "type": "quantitative", "title": "days since baseline",
               "scale": scale, "axis": {"grid": True, "tickCount": 10}}  # fmt: skip
    colour = {"field": "panel", "type": "nominal", "legend": None,
              "scale": colour_scale(context, arms)}  # fmt: skip
    names = list(dict.fromkeys(table.loc[table["kind"] == "mark", "mark"]))
    marks = _shapes(names)
    panels = [_panel(context, arm, table, x, colour, marks, last=arm == arms[-1]) for arm in arms]
    return specification(
        {
            "vconcat": panels,
            "spacing": 14,
            "resolve": {"scale": {"shape": "shared", "stroke": "shared"}},
        }
    )


def _panel(
    context: Context, arm: str, table: pd.DataFrame, x: Spec, colour: Spec, marks: Spec,
    *, last: bool,
) -> Spec:  # fmt: skip
    """Return the bars of one arm."""
    animals = table.loc[table["arm"] == arm].drop_duplicates("animal").sort_values("rank")
    y: Spec = {"field": "animal", "type": "nominal", "sort": animals["animal"].tolist(),
               "title": None, "axis": _names_axis(table)}  # fmt: skip
    axis = {**x["axis"], "labels": last, "ticks": last, "domain": last}
    x = {**x, "axis": axis, "title": x["title"] if last else None}
    tooltip = [{"field": name} for name in
               ("animal", "end", "progressed", "best_day", "best_percent", "fate")]  # fmt: skip
    place = {"x": x, "y": y}
    span = {**place, "x2": {"field": "until"}, "color": colour, "tooltip": tooltip}
    thick = {"type": "bar", "height": {"band": 0.62}, "cornerRadius": 2}
    label = {"text": context.label(arm), "anchor": "start", "fontSize": 12.5, "offset": 4}
    dosing = dosing_text(context.study.arm(arm))
    label |= {"subtitle": dosing, "subtitleFontSize": 10} if dosing else {}
    return {
        "title": label,
        "width": WIDTH,
        "height": ROW * len(animals),
        "transform": [{"filter": {"field": "arm", "equal": arm}}],
        "layer": [
            {"transform": [_only("bar")], "mark": {**thick, "opacity": 0.32}, "encoding": span},
            {"transform": [_only("free")], "mark": {**thick, "opacity": 1}, "encoding": span},
            {"transform": [_only("mark")], "mark": _point(),
             "encoding": {**place, **marks, "fill": {"value": PAPER}, "tooltip": tooltip}},
        ],
    }  # fmt: skip


def dosing_text(arm: Arm) -> str:
    """Return the dosing of an arm where its schedule is stated: ``aPD1 10 mg/kg ip, q3d x 4``."""
    stated = sorted((t for t in arm.treatments if t.schedule), key=lambda t: t.agent)
    said = []
    for t in stated:
        dose = "" if t.dose is None else f" {t.dose:g} {t.unit}".rstrip()
        route = f" {t.route}" if t.route else ""
        said.append(f"{t.agent}{dose}{route}, {t.schedule}")
    return "; ".join(said)


def _names_axis(table: pd.DataFrame) -> Spec:
    """Return the axis of animal names: as wide in every panel, so that bars start alike."""
    wide = min(LONGEST_NAME, 8 + 5 * int(table["animal"].str.len().max()))
    return {"labelFontSize": 9, "ticks": False, "domain": False, "grid": False,
            "labelLimit": wide, "minExtent": wide, "maxExtent": wide}  # fmt: skip


def _only(kind: str) -> Spec:
    return {"filter": f"datum.kind == '{kind}'"}


def _point() -> Spec:
    return {"type": "point", "size": 46, "filled": True, "strokeWidth": 1.3, "opacity": 1}


def _shapes(names: list[str]) -> Spec:
    """Return one shape for each moment, and for each way to leave, with their legend."""
    shapes = [SHAPES.get(name, REMOVED if name.startswith("removed") else LEFT) for name in names]
    legend: Spec = {"title": None, "orient": "top", "columns": 4, "labelLimit": 220,
                    "symbolFillColor": PAPER, "symbolStrokeWidth": 1.3}  # fmt: skip
    shared: Spec = {"field": "mark", "type": "nominal", "legend": legend}
    ink = [INK] * len(names)  # as a field, because a fixed stroke leaves the legend's symbols bare
    return {
        "shape": {**shared, "scale": {"domain": names, "range": shapes}},
        "stroke": {**shared, "scale": {"domain": names, "range": ink}},
    }


def _alt(context: Context, rows: pd.DataFrame) -> str:
    said = []
    bars = rows.drop_duplicates("animal")
    for arm in context.arms_in(bars):
        own = bars[bars["arm"] == arm]
        free = own["free_from"].notna().sum()
        gone = own["progressed"].notna().sum()
        said.append(f"{context.label(arm)}: {len(own)} animals, {gone} progressed, {free} with a "
                    "tumour-free stretch")  # fmt: skip
    return "One bar an animal by arm. " + "; ".join(said) + "."
