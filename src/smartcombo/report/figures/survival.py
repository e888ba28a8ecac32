"""Time to progression: Kaplan-Meier curves with the animals still at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import Context, Figure, colour_scale, specification
from smartcombo.report.theme import FAINT, Spec
from smartcombo.report.words import slug

WIDTH, HEIGHT, ROW = 740, 300, 22
TICKS = 8
"""Times at which the animals at risk are counted."""


def progression_curves(context: Context) -> Figure | None:
    """Return the share of animals without progression by arm; ``None`` without times."""
    curves = context.table("survival")
    if curves.empty:
        return None
    table = pd.concat([_steps(context, curves), _at_risk(context, curves)], ignore_index=True)
    options = context.result.options
    target = (
        f"{options['multiple']:g} times the volume at baseline"
        if options["volume"] is None
        else f"{options['volume']:g} {context.study.readout.unit}"
    )
    horizon = float(options["horizon"][context.model])
    return Figure(
        id=slug("progression", context.model),
        group="progression",
        model=context.model,
        title=f"Time to progression, {context.model}",
        caption=f"Share of animals whose tumour has not reached {target}, with pointwise "
        "intervals; crosses are animals that left before. The numbers below count the animals "
        f"still at risk. Dashed: mean times are taken up to day {horizon:.3g} after baseline.",
        alt=_alt(context),
        spec=_spec(context, table, horizon),
        data=table,
        method_ids=("progression.kaplan-meier/1",),
        width=WIDTH + 200,
        height=HEIGHT + ROW * curves["arm"].nunique() + 140,
        synthetic=context.study.synthetic,
    )


def _steps(context: Context, curves: pd.DataFrame) -> pd.DataFrame:
    kept = curves.assign(kind="curve", arm_label=curves["arm"].map(context.labels))
    last = kept.groupby("arm", sort=False)["at_risk"].shift(-1).fillna(0.0)
    lost = (kept["at_risk"] - kept["events"] - last) > 0
    return kept.assign(censored=lost & (kept["time"] > 0))


def _at_risk(context: Context, curves: pd.DataFrame) -> pd.DataFrame:
    times = context.table("times")
    days = np.linspace(0.0, float(times["time"].max()), TICKS)
    rows = [
        ("risk", context.label(arm), arm, float(day), int((own["time"] >= day).sum()))
        for arm, own in times.groupby("arm", sort=False)
        for day in days
    ]
    return pd.DataFrame(rows, columns=["kind", "arm_label", "arm", "time", "n"])


def _spec(context: Context, table: pd.DataFrame, horizon: float) -> Spec:
    arms = context.arms_in(table)
    end = float(table["time"].max())
    x: Spec = {"field": "time", "type": "quantitative", "title": "days since baseline",
               "scale": {"domain": [0, end * 1.02], "nice": False},
               "axis": {"grid": False, "tickCount": TICKS}}  # fmt: skip
    colour: Spec = {"field": "arm_label", "type": "nominal", "scale": colour_scale(context, arms),
                    "legend": {"title": None, "symbolType": "stroke", "symbolOpacity": 1,
                               "symbolStrokeWidth": 3}}  # fmt: skip
    labels = [context.label(arm) for arm in arms]
    parts = [_curves(x, colour, horizon), _risk(x, colour, labels)]
    return specification({"vconcat": parts, "spacing": 12})


def _curves(x: Spec, colour: Spec, horizon: float) -> Spec:
    y: Spec = {"field": "survival", "type": "quantitative", "title": "share without progression",
               "scale": {"domain": [0, 1.02], "nice": False}, "axis": {"format": "%"}}  # fmt: skip
    step = {"type": "line", "interpolate": "step-after", "strokeWidth": 2.4}
    band = {"type": "area", "interpolate": "step-after", "opacity": 0.1}
    cross = {"type": "point", "shape": "cross", "size": 36, "filled": True, "opacity": 1}
    tooltip = [{"field": name} for name in ("arm_label", "time", "survival", "at_risk")]
    limits = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}
    end = {"x": {"datum": horizon, "type": "quantitative", "scale": x["scale"]}}
    dashed = {"type": "rule", "color": FAINT, "strokeDash": [4, 4]}
    place = {"x": x, "y": y, "color": colour}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "transform": [{"filter": "datum.kind == 'curve'"}],
        "layer": [
            {"mark": band, "encoding": limits},
            {"mark": dashed, "encoding": end},
            {"mark": step, "encoding": {**place, "tooltip": tooltip}},
            {"transform": [{"filter": "datum.censored"}], "mark": cross, "encoding": place},
        ],
    }


def _risk(x: Spec, colour: Spec, labels: list[str]) -> Spec:
    return {
        "width": WIDTH,
        "height": ROW * len(labels),
        "transform": [{"filter": "datum.kind == 'risk'"}],
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "x": {**x, "axis": None},
            "y": {"field": "arm_label", "type": "nominal", "sort": labels, "title": "at risk",
                  "axis": {"ticks": False, "domain": False, "labelLimit": 220, "labelPadding": 16}},
            "text": {"field": "n"},
            "color": colour,
        },
    }  # fmt: skip


def _alt(context: Context) -> str:
    rows = context.estimates()
    medians = rows[rows["estimand"] == "median_time"]
    said = [
        f"{context.label(row.arm)} {row.value:.3g} days" if np.isfinite(row.value)
        else f"{context.label(row.arm)} not reached"
        for row in medians.itertuples()
    ]  # fmt: skip
    return "Kaplan-Meier curves of time to progression; medians: " + "; ".join(said) + "."
