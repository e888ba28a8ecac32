"""Model curves: the fitted geometric mean of each arm with its band."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    colour_scale,
    day_title,
    log_ticks,
    readout_title,
    shown_days,
    span,
    specification,
)
from smartcombo.report.theme import MUTED, Spec
from smartcombo.report.words import slug
from smartcombo.study.model import Study

WIDTH, HEIGHT = 740, 380
LABEL_GAP = 17
"""Least distance between two labels at the curves' ends, px."""


def model_curves(context: Context) -> Figure | None:
    """Return fitted curves with simultaneous bands, labelled at their ends; ``None`` without."""
    curves = context.table("curves")
    if curves.empty:
        return None
    arms = context.arms_in(curves)
    table = curves.assign(arm_label=curves["arm"].map(context.label), kind="model")
    means = observed_means(context)
    return Figure(
        id=slug("model-curves", context.model),
        group="model-curves",
        model=context.model,
        title=f"What the model says, {context.model}",
        caption="Geometric mean of each arm under the growth model, with a band that holds the "
        "whole curve at the stated level, not only one day. Dots: observed geometric mean of the "
        "animals measured that day; where large tumours have left the study the dots fall below "
        f"the curve.{below_words(table, context.study)}",
        alt=_alt(context, table, arms),
        spec=_spec(context, table, arms, log=True),
        raw_spec=_spec(context, table, arms, log=False),
        data=pd.concat([table, means], ignore_index=True),
        method_ids=context.result.methods[:1],
        width=WIDTH + 230,
        height=HEIGHT + 70,
        synthetic=context.study.synthetic,
    )


def below_words(table: pd.DataFrame, study: Study) -> str:
    """Return what the caption says where a mean lies below the detection limit; else nothing."""
    if not table["below_detection"].any():
        return ""
    limit = f"{study.readout.limit:g} {study.readout.unit}"
    return (
        f" Dotted line: the detection limit, {limit}. Nothing is drawn below it: a curve that runs "
        "along it is below detection, how far nobody measured."
    )


def _limit_rule(study: Study) -> Spec:
    return {
        "data": {"values": [{"limit": study.readout.limit}]},
        "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.4},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": WIDTH},
            "y": {"field": "limit", "type": "quantitative"},
            "color": {"value": MUTED},
        },
    }


def _spec(context: Context, table: pd.DataFrame, arms: list[str], *, log: bool) -> Spec:
    colour = {
        "field": "arm_label",
        "type": "nominal",
        "legend": None,
        "scale": colour_scale(context, arms),
    }
    domain = span(pd.concat([table["low"], table["high"]]), log=log)
    if not log:
        domain[0] = 0.0
    return specification(
        {
            "width": WIDTH,
            "height": HEIGHT,
            "encoding": {"x": _x(context, table), "color": colour},
            "layer": [
                _band(),
                *([_limit_rule(context.study)] if table["below_detection"].any() else []),
                _line(context, domain, log=log),
                _means(),
                *_labels(context, table, arms, domain, log),
            ],
        }
    )


def _x(context: Context, table: pd.DataFrame) -> Spec:
    observed = context.table("observed")
    observed = observed[observed["day"] >= context.study.baseline_day]
    domain = [float(table["day"].min()), float(table["day"].max())]
    return {
        "field": "day",
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False},
        "axis": {
            "title": day_title(context.study),
            "grid": False,
            "format": "~g",
            "values": shown_days(observed),
        },
    }


def observed_means(context: Context) -> pd.DataFrame:
    """Return the geometric mean of the animals measured, by arm and day since baseline."""
    observed = context.table("observed")
    used = ~observed["excluded"].astype(bool) & (observed["day"] >= context.study.baseline_day)
    rows = observed[used]
    logs = np.log(rows["shown_value"].astype(float))
    means = logs.groupby([rows["arm"], rows["day"]], sort=False).mean().reset_index()
    return pd.DataFrame(
        {
            "model": context.model,
            "arm": means["arm"],
            "day": means["day"],
            "value": np.exp(means["shown_value"]),
            "arm_label": means["arm"].map(context.label),
            "kind": "observed",
        }
    )


def _means() -> Spec:
    return {
        "transform": [{"filter": "datum.kind == 'observed'"}],
        "mark": {"type": "circle", "size": 34, "opacity": 0.9},
        "encoding": {"y": {"field": "value", "type": "quantitative"}},
    }


def _band() -> Spec:
    return {
        "transform": [{"filter": "datum.kind == 'model'"}],
        "mark": {"type": "area", "opacity": 0.13},
        "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
    }


def _line(context: Context, domain: list[float], *, log: bool) -> Spec:
    axis: Spec = {"title": readout_title(context.study), "format": ",~r"}
    scale: Spec = {"domain": domain, "nice": False}
    if log:
        axis |= {"title": f"{axis['title']}, log axis", "values": log_ticks(*domain)}
        scale["type"] = "log"
    y = {"field": "value", "type": "quantitative", "axis": axis, "scale": scale}
    tooltip = [
        {"field": "arm_label", "title": "arm"},
        {"field": "day", "title": "day"},
        {"field": "value", "title": "geometric mean", "format": ",.3~r"},
        {"field": "low", "title": "from", "format": ",.3~r"},
        {"field": "high", "title": "to", "format": ",.3~r"},
    ]
    return {
        "transform": [{"filter": "datum.kind == 'model'"}],
        "mark": {"type": "line", "strokeWidth": 2.6},
        "encoding": {"y": y, "tooltip": tooltip},
    }


def _labels(
    context: Context, table: pd.DataFrame, arms: list[str], domain: list[float], log: bool
) -> list[Spec]:
    ends = [table[table["arm"] == arm].sort_values("day").iloc[-1] for arm in arms]
    heights = [_pixel(float(end["value"]), domain, log=log) for end in ends]
    layers = []
    for end, height in zip(ends, apart(heights, HEIGHT), strict=True):
        label = str(end["arm_label"])
        mark = {"type": "text", "align": "left", "dx": 8, "fontSize": 12.5, "fontWeight": "bold"}
        layers.append(
            {
                "data": {"values": [{"arm_label": label}]},
                "mark": {**mark, "text": label, "limit": 210},
                "encoding": {"x": {"value": WIDTH}, "y": {"value": height}},
            }
        )
    return layers


def _pixel(value: float, domain: list[float], *, log: bool) -> float:
    low, high = (math.log(edge) for edge in domain) if log else domain
    at = math.log(value) if log else value
    return HEIGHT * (1 - (at - low) / (high - low))


def apart(heights: list[float], limit: float) -> list[float]:
    """Return label heights pushed apart to at least ``LABEL_GAP``, within limit."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [0.0] * len(heights)
    floor = 0.0
    for i in order:
        placed[i] = max(heights[i], floor)
        floor = placed[i] + LABEL_GAP
    ceiling = limit
    for i in reversed(order):
        placed[i] = round(min(placed[i], ceiling), 2)
        ceiling = placed[i] - LABEL_GAP
    return placed


def _alt(context: Context, table: pd.DataFrame, arms: list[str]) -> str:
    last = table[table["day"] == table["day"].max()].set_index("arm")
    unit = context.study.readout.unit
    ends = [
        f"{context.label(arm)} below detection"
        if last.loc[arm, "below_detection"]
        else f"{context.label(arm)} {last.loc[arm, 'value']:.3g} {unit} "
        f"({last.loc[arm, 'low']:.3g} to {last.loc[arm, 'high']:.3g})"
        for arm in arms
        if arm in last.index
    ]
    return (
        f"Fitted growth curves of {context.model}; on day {table['day'].max():g} the geometric "
        f"means are {'; '.join(ends)}."
    )
