"""Time to event: Kaplan-Meier curves with the animals still at risk, and what Q4 expects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from smartcombo.report.event_words import NAMES, event_words
from smartcombo.report.figures.base import Context, Figure, colour_scale, specification
from smartcombo.report.theme import FAINT, INK, MUTED, Spec
from smartcombo.report.words import MINUS, slug

WIDTH, HEIGHT, ROW = 740, 300, 22
STEPS = (1, 2, 3, 4, 5, 7, 10, 14, 20, 25, 50, 100, 250)
MOST_TICKS = 12
"""Days apart, and at most how many, at which the axis is marked and the animals are counted."""
EXPECTED = "expected: independent action"
SHARES = {
    "progression": "share without progression",
    "survival": "share in the study",
    "tumour_free_survival": "share without tumour",
}


def progression_curves(context: Context) -> Figure | None:
    """Return the share of animals without progression by arm; ``None`` without times."""
    return _figure(context, "progression")


def survival_curves(context: Context) -> Figure | None:
    """Return the share of animals not removed for disease; ``None`` where none was removed."""
    return _figure(context, "survival")


def tumour_free_curves(context: Context) -> Figure | None:
    """Return the share of animals without a tumour; ``None`` where they start with one."""
    return _figure(context, "tumour_free_survival")


def _figure(context: Context, endpoint: str) -> Figure | None:
    curves = _of(context, "survival", endpoint)
    if curves.empty:
        return None
    expected = _of(context, "expected", endpoint)
    parts = [_steps(context, curves), _expected(context, expected), _at_risk(context, endpoint)]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    horizon = float(context.result.options["horizon"][context.model][endpoint])
    return Figure(
        id=slug(endpoint.replace("_", "-"), context.model),
        group="progression",
        model=context.model,
        title=f"{NAMES[endpoint]}, {context.model}",
        caption=_caption(context, endpoint, horizon, with_expected=len(expected) > 0),
        alt=_alt(context, endpoint),
        spec=_spec(context, table, endpoint, horizon),
        data=table,
        method_ids=("progression.kaplan-meier/1", "progression.independent-action/1"),
        width=WIDTH + 200,
        height=HEIGHT + ROW * curves["arm"].nunique() + 140,
        synthetic=context.study.synthetic,
    )


def _caption(context: Context, endpoint: str, horizon: float, *, with_expected: bool) -> str:
    event = event_words(context.study, context.result, endpoint)
    said = (
        f"Share of animals without event ({event}), with pointwise intervals; crosses are animals "
        "that left without it. The numbers below count the animals still at risk. Dashed upright "
        f"line: mean times are taken up to day {horizon:.3g} after baseline."
    )
    if not with_expected:
        return said
    low, high = context.result.options["rho_band"]
    ends = f"{low:g} to {high:g}".replace("-", MINUS)
    return said + (
        " Dashed curve: what the combination would do if each animal had only its better agent "
        f"(rank correlation of responses {context.result.options['rho']:g}), with its interval in "
        f"grey and, between dotted lines, its range for correlations from {ends}. "
        "A combination above it is synergy."
    )


def _of(context: Context, name: str, endpoint: str) -> pd.DataFrame:
    table = context.table(name)
    return table if table.empty else table[table["endpoint"] == endpoint].reset_index(drop=True)


def _steps(context: Context, curves: pd.DataFrame) -> pd.DataFrame:
    kept = curves.assign(kind="curve", arm_label=curves["arm"].map(context.labels))
    last = kept.groupby("arm", sort=False)["at_risk"].shift(-1).fillna(0.0)
    lost = (kept["at_risk"] - kept["events"] - last) > 0
    return kept.assign(censored=lost & (kept["time"] > 0))


def _expected(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    if table.empty:
        return table
    several = table["arm"].nunique() > 1
    names = table["arm"].map(context.label)
    return table.assign(kind="expected", arm_label=f"{EXPECTED}, " + names if several else EXPECTED)


def _at_risk(context: Context, endpoint: str) -> pd.DataFrame:
    times = _of(context, "times", endpoint)
    days = _days(float(times["time"].max()))
    rows = [
        ("risk", context.label(arm), arm, day, int((own["time"] >= day).sum()))
        for arm, own in times.groupby("arm", sort=False)
        for day in days
    ]
    return pd.DataFrame(rows, columns=["kind", "arm_label", "arm", "time", "n"])


def _days(end: float) -> list[float]:
    """Return the days at which the axis is marked and animals are counted."""
    step = next((step for step in STEPS if end / step < MOST_TICKS), end)
    return [float(day) for day in np.arange(0.0, end + 1e-9, step)]


def _spec(context: Context, table: pd.DataFrame, endpoint: str, horizon: float) -> Spec:
    arms = context.arms_in(table[table["kind"] == "curve"])
    end = float(table["time"].max())
    x: Spec = {"field": "time", "type": "quantitative", "title": "days since baseline",
               "scale": {"domain": [0, end * 1.02], "nice": False},
               "axis": {"grid": False, "values": _days(end)}}  # fmt: skip
    labels = [context.label(arm) for arm in arms]
    extra = list(dict.fromkeys(table.loc[table["kind"] == "expected", "arm_label"]))
    colour = _colour(context, arms, extra)
    parts = [_curves(x, colour, SHARES[endpoint], horizon), _risk(x, colour, labels)]
    return specification({"vconcat": parts, "spacing": 12})


def _colour(context: Context, arms: Sequence[str], extra: Sequence[str]) -> Spec:
    """Return the colours of arms and of expected curves, and their dashes, as one legend."""
    scale = colour_scale(context, arms)
    domain = [*scale["domain"], *extra]
    legend: Spec = {"title": None, "symbolType": "stroke", "symbolOpacity": 1,
                    "symbolStrokeWidth": 3, "symbolSize": 180, "columns": 3}  # fmt: skip
    shared: Spec = {"field": "arm_label", "type": "nominal", "legend": legend}
    dashes = [[1, 0]] * len(arms) + [[5, 4]] * len(extra)
    return {
        "color": {**shared, "scale": {"domain": domain,
                                      "range": [*scale["range"], *[INK] * len(extra)]}},
        "strokeDash": {**shared, "scale": {"domain": domain, "range": dashes}},
    }  # fmt: skip


def _curves(x: Spec, colour: Spec, share: str, horizon: float) -> Spec:
    y: Spec = {"field": "survival", "type": "quantitative", "title": share,
               "scale": {"domain": [0, 1.02], "nice": False}, "axis": {"format": "%"}}  # fmt: skip
    step = {"type": "line", "interpolate": "step-after", "strokeWidth": 2.4}
    band = {"type": "area", "interpolate": "step-after", "opacity": 0.08}
    cross = {"type": "point", "shape": "cross", "size": 36, "filled": True, "opacity": 1}
    tooltip = [{"field": name} for name in ("arm_label", "time", "survival", "at_risk")]
    limits = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    hue = {"color": colour["color"]}
    end = {"x": {"datum": horizon, "type": "quantitative", "scale": x["scale"]}}
    place = {"x": x, "y": y, **hue}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "transform": [{"filter": "datum.kind != 'risk'"}],
        "layer": [
            {"transform": [_only("curve")], "mark": band, "encoding": {**limits, **hue}},
            {"transform": [_only("expected")], "mark": {**band, "color": MUTED, "opacity": 0.14},
             "encoding": {**limits, "detail": {"field": "arm_label"}}},
            *_range(x, y),
            {"mark": {"type": "rule", "color": FAINT, "strokeDash": [4, 4]}, "encoding": end},
            {"transform": [_only("curve")], "mark": step,
             "encoding": {**place, "strokeDash": colour["strokeDash"], "tooltip": tooltip}},
            {"transform": [_only("expected")], "mark": {**step, "strokeWidth": 1.8},
             "encoding": {**place, "strokeDash": colour["strokeDash"]}},
            {"transform": [{"filter": "datum.censored"}], "mark": cross, "encoding": place},
        ],
    }  # fmt: skip


def _only(kind: str) -> Spec:
    return {"filter": f"datum.kind == '{kind}'"}


def _range(x: Spec, y: Spec) -> list[Spec]:
    """Return the expected curve at the ends of the band of correlations, as thin lines."""
    thin = {"type": "line", "interpolate": "step-after", "strokeWidth": 0.8, "color": MUTED,
            "strokeDash": [1, 3]}  # fmt: skip
    return [
        {"transform": [_only("expected")], "mark": thin,
         "encoding": {"x": x, "y": {**y, "field": name}, "detail": {"field": "arm_label"}}}
        for name in ("rho_low", "rho_high")
    ]  # fmt: skip


def _risk(x: Spec, colour: Spec, labels: list[str]) -> Spec:
    return {
        "width": WIDTH,
        "height": ROW * len(labels),
        "transform": [_only("risk")],
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "x": {**x, "axis": None},
            "y": {"field": "arm_label", "type": "nominal", "sort": labels, "title": "at risk",
                  "axis": {"ticks": False, "domain": False, "labelLimit": 220, "labelPadding": 16}},
            "text": {"field": "n"},
            "color": colour["color"],
        },
    }  # fmt: skip


def _alt(context: Context, endpoint: str) -> str:
    rows = context.estimates()
    medians = rows[(rows["estimand"] == "median_time") & (rows["endpoint"] == endpoint)]
    said = [
        f"{context.label(row.arm)} {row.value:.3g} days" if np.isfinite(row.value)
        else f"{context.label(row.arm)} not reached"
        for row in medians.itertuples()
    ]  # fmt: skip
    what = NAMES[endpoint].lower()
    return f"Kaplan-Meier curves, {what}; medians: " + "; ".join(said) + "."
