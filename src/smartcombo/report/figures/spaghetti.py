"""Every mouse: the curve of each animal by arm, with what ended it."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    day_title,
    log_ticks,
    readout_title,
    shown_days,
    span,
    specification,
)
from smartcombo.report.theme import FAINT, INK, MUTED, PAPER, RULE, Spec
from smartcombo.report.words import slug, unit_text

SAW = "M-0.7,-0.7L0.7,0.7M-0.7,0.7L0.7,-0.7"
FATES: dict[str, tuple[str, str]] = {
    "size-limit": ("size limit", SAW),
    "ulceration": ("ulceration", "diamond"),
    "weight-loss": ("weight loss", "triangle-down"),
    "clinical-score": ("clinical score", "triangle-left"),
    "found-dead": ("found dead", "cross"),
    "planned-cull": ("planned cull", "M0,-0.9L0,0.9"),
    "tumour-free": ("tumour-free", "M-0.8,0L-0.2,0.6L0.9,-0.7"),
    "other": ("other reason", "square"),
    "unknown": ("left, reason unknown", "triangle-up"),
}
"""Fate -> words and the mark at the end of the curve; an animal alive at the end has none."""

PANEL_HEIGHT = 235
N_ROW = 30
"""Distance of the row of counts below the axis, px."""


def every_mouse(context: Context) -> Figure | None:
    """Return the curves of every mouse, one panel an arm; ``None`` without measurements.

    Values at or below the detection limit are open circles on the limit's line; the mark at the
    end of a curve is why the animal left; n under each day counts the animals measured.
    """
    observed = context.table("observed")
    if observed.empty:
        return None
    table = _with_words(context, observed)
    arms = context.arms_in(table)
    columns = 2 if len(arms) <= 4 else 3
    width = 432 if columns == 2 else 262
    rows = -(-len(arms) // columns)
    return Figure(
        id=slug("every-mouse", context.model),
        group="every-mouse",
        model=context.model,
        title=f"Every mouse, {context.model}",
        caption=_caption(context, table),
        alt=_alt(context, table, arms),
        spec=_spec(context, table, arms, columns=columns, width=width, log=True),
        raw_spec=_spec(context, table, arms, columns=columns, width=width, log=False),
        data=table,
        method_ids=(),
        width=columns * (width + 70),
        height=rows * (PANEL_HEIGHT + 95),
        synthetic=context.study.synthetic,
    )


def _with_words(context: Context, observed: pd.DataFrame) -> pd.DataFrame:
    ended = observed["is_last"].astype(bool) & observed["fate"].isin(FATES)
    last_day = observed["day"].max()
    ended &= ~((observed["fate"] == "planned-cull") & (observed["day"] == last_day))
    ending = observed["fate"].map({fate: words for fate, (words, _) in FATES.items()})
    return observed.assign(
        arm_label=observed["arm"].map(context.label), ending=ending.where(ended, None)
    )


def _spec(
    context: Context, table: pd.DataFrame, arms: list[str], *, columns: int, width: int, log: bool
) -> Spec:
    labels = [context.label(arm) for arm in arms]
    axes = {"x": _x(context, table), "y": _y(context, table, log=log)}
    measured = [
        {**layer, "encoding": axes | layer["encoding"]} for layer in _layers(context, table, arms)
    ]
    return specification(
        {
            "facet": {"field": "arm_label", "type": "nominal", "sort": labels, "title": None},
            "columns": columns,
            "spacing": {"row": 30, "column": 28},
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
            "spec": {
                "width": width,
                "height": PANEL_HEIGHT,
                "layer": [*_lines_of_reference(context, table), *measured],
            },
        }
    )


def _x(context: Context, table: pd.DataFrame) -> Spec:
    return {
        "field": "day",
        "type": "quantitative",
        "scale": {"domain": span(table["day"], log=False, pad=0.03), "nice": False},
        "axis": {
            "values": shown_days(table),
            "grid": False,
            "title": f"{day_title(context.study)}; n = mice measured",
            "titlePadding": 26,
            "labelOverlap": False,
        },
    }


def _y(context: Context, table: pd.DataFrame, *, log: bool) -> Spec:
    title = readout_title(context.study)
    values = pd.concat([table["shown_value"], _limits(context)])
    if not log:
        domain = [0.0, span(values, log=False)[1]]
        return _y_channel(title, {"type": "linear", "domain": domain, "nice": False}, None)
    domain = span(values, log=True)
    scale: Spec = {"type": "log", "domain": domain, "nice": False}
    return _y_channel(f"{title}, log axis", scale, log_ticks(*domain))


def _limits(context: Context) -> pd.Series:
    """Return the humane endpoint where it applies to this read-out."""
    limit = context.study.limits.volume_mm3
    applies = limit is not None and context.study.readout.unit == "mm3"
    return pd.Series([limit] if applies else [], dtype=float)


def _y_channel(title: str, scale: Spec, ticks: list[float] | None) -> Spec:
    axis: Spec = {"title": title, "format": ",~r", "grid": True}
    if ticks is not None:
        axis["values"] = ticks
    return {"field": "shown_value", "type": "quantitative", "scale": scale, "axis": axis}


def _lines_of_reference(context: Context, table: pd.DataFrame) -> list[Spec]:
    layers: list[Spec] = []
    for limit in _limits(context):
        layers += _level(float(limit), f"humane endpoint {limit:g} {_unit(context)}")
    if table["at_limit"].any():
        limit = float(context.study.readout.limit)
        layers += _level(limit, f"detection limit {limit:g} {_unit(context)}")
    x = _x(context, table)
    day = {"datum": float(context.study.baseline_day), "scale": x["scale"], "type": "quantitative"}
    mark = {"type": "rule", "color": RULE, "strokeWidth": 1}
    return [{"mark": mark, "encoding": {"x": day}}, *layers]


def _unit(context: Context) -> str:
    return unit_text(context.study.readout.unit)


def _level(value: float, words: str) -> list[Spec]:
    rule = {"type": "rule", "color": FAINT, "strokeDash": [3, 3]}
    text = {
        "type": "text",
        "align": "left",
        "dy": -6,
        "color": MUTED,
        "fontSize": 10,
        "text": words,
    }
    at = {"y": {"datum": value}}
    return [
        {"mark": rule, "encoding": at},
        {"mark": text, "encoding": {**at, "x": {"value": 4}}, "transform": [_once()]},
    ]


def _once() -> Spec:
    """Return one row a panel, so that its words are drawn once."""
    return {"aggregate": [{"op": "count", "as": "rows"}], "groupby": ["arm_label"]}


def _layers(context: Context, table: pd.DataFrame, arms: list[str]) -> list[Spec]:
    colours = context.colours
    colour = {
        "field": "arm_label",
        "type": "nominal",
        "legend": None,
        "scale": {
            "domain": [context.label(arm) for arm in arms],
            "range": [colours[arm] for arm in arms],
        },
    }
    return [
        _curves(colour, table),
        _visits(colour),
        *_at_limit(colour, table),
        *_ends(table),
        _counts(table),
    ]


def _curves(colour: Spec, table: pd.DataFrame) -> Spec:
    encoding: Spec = {"detail": {"field": "animal"}, "color": colour, "tooltip": _tooltip()}
    if table["excluded"].any():
        encoding["strokeDash"] = {
            "condition": {"test": "datum.excluded", "value": [2, 3]},
            "value": [1, 0],
        }
    return {"mark": {"type": "line", "strokeWidth": 1.4, "opacity": 0.72}, "encoding": encoding}


def _visits(colour: Spec) -> Spec:
    return {
        "transform": [{"filter": "!datum.at_limit"}],
        "mark": {"type": "circle", "size": 13, "opacity": 0.72},
        "encoding": {"color": colour, "tooltip": _tooltip()},
    }


def _at_limit(colour: Spec, table: pd.DataFrame) -> list[Spec]:
    if not table["at_limit"].any():
        return []
    mark = {"type": "point", "size": 42, "fill": PAPER, "strokeWidth": 1.5, "opacity": 1}
    return [
        {
            "transform": [{"filter": "datum.at_limit"}],
            "mark": mark,
            "encoding": {"color": colour, "tooltip": _tooltip()},
        }
    ]


def _ends(table: pd.DataFrame) -> list[Spec]:
    present = [words for words, _ in FATES.values() if (table["ending"] == words).any()]
    if not present:
        return []
    shapes = dict(FATES.values())
    shape = {
        "field": "ending",
        "type": "nominal",
        "scale": {"domain": present, "range": [shapes[words] for words in present]},
        "legend": {
            "title": "Left the study:",
            "symbolStrokeColor": INK,
            "symbolFillColor": "transparent",
        },
    }
    mark = {
        "type": "point",
        "size": 62,
        "stroke": INK,
        "strokeWidth": 1.5,
        "opacity": 1,
        "filled": False,
    }
    return [
        {
            "transform": [{"filter": "datum.ending !== null"}],
            "mark": mark,
            "encoding": {"shape": shape, "tooltip": _tooltip()},
        }
    ]


def _counts(table: pd.DataFrame) -> Spec:
    return {
        "transform": [
            {"filter": "!datum.excluded"},
            {"filter": {"field": "day", "oneOf": shown_days(table)}},
            {
                "aggregate": [{"op": "distinct", "field": "animal", "as": "n"}],
                "groupby": ["arm_label", "day"],
            },
        ],
        "mark": {"type": "text", "fontSize": 10.5, "color": MUTED, "baseline": "middle"},
        "encoding": {"text": {"field": "n"}, "y": {"value": PANEL_HEIGHT + N_ROW}},
    }


def _tooltip() -> list[Spec]:
    fields = {
        "animal": "mouse",
        "arm_label": "arm",
        "day": "day",
        "value": "as measured",
        "fate": "fate",
        "exclusion_reason": "excluded because",
    }
    return [{"field": field, "title": title} for field, title in fields.items()]


def _caption(context: Context, table: pd.DataFrame) -> str:
    words = [
        "One line a mouse; the row of numbers under the axis counts the mice measured that day."
    ]
    at_limit = table.loc[table["at_limit"].astype(bool), "animal"].nunique()
    if at_limit:
        words.append(
            f"Open circles stand on the detection limit ({context.study.readout.limit:g} "
            f"{_unit(context)}): {at_limit} mice were at or below it once or more; none is dropped."
        )
    if table["ending"].notna().any():
        words.append("The mark at the end of a curve says why the mouse left.")
    if table["excluded"].any():
        excluded = table.loc[table["excluded"].astype(bool), "animal"].nunique()
        words.append(f"Dotted: {excluded} excluded mice, shown and not analysed.")
    return " ".join(words)


def _alt(context: Context, table: pd.DataFrame, arms: list[str]) -> str:
    per_arm = [
        f"{context.label(arm)}, {table.loc[table['arm'] == arm, 'animal'].nunique()} mice"
        for arm in arms
    ]
    return (
        f"Line charts of {context.study.readout.name} over time for each mouse of {context.model}, "
        f"one panel an arm: {'; '.join(per_arm)}."
    )
