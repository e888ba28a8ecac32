"""Does the model fit: residuals and random effects, and what one animal decides."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import Context, Figure, colour_scale, panels, specification
from smartcombo.report.theme import FAINT, RULE, Spec
from smartcombo.report.words import slug

SIDE = 196
INFLUENCE_WIDTH, INFLUENCE_ROW = 560, 44
PANELS = {
    "residual": "Residuals: normal?",
    "fitted": "Residuals v fitted: even?",
    "intercept": "Animals' starts: normal?",
    "slope": "Animals' slopes: normal?",
}


def model_fit(context: Context) -> Figure | None:
    """Return normal plots of residuals and random effects, and residuals against fitted values."""
    residuals, effects = context.table("residuals"), context.table("random_effects")
    if residuals.empty:
        return None
    table = _points(context, residuals, effects)
    columns = table["panel"].nunique()
    return Figure(
        id=slug("model-fit", context.model),
        group="diagnostics",
        model=context.model,
        title=f"Does the model fit, {context.model}",
        caption="Points on the line are normally distributed (sorted values against normal "
        "quantiles). In the second panel the scatter should be even around zero: a bow means that "
        "growth is not a straight line on the log scale.",
        alt="Normal quantile plots of standardised residuals and of the animals' random effects, "
        "and residuals against fitted log volumes.",
        spec=_spec(context, table),
        data=table,
        method_ids=("growth.lmm/1",),
        width=columns * (SIDE + 55),
        height=SIDE + 90,
        synthetic=context.study.synthetic,
    )


def _points(context: Context, residuals: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    pieces = [
        _piece(residuals, "residual", "quantile", "residual"),
        _piece(residuals, "fitted", "fitted", "residual"),
    ]
    pieces += [
        _piece(rows, str(name), "quantile", "value")
        for name, rows in effects.groupby("effect", sort=False)
    ]
    lines = [_line(piece, flat=piece["panel"].iloc[0] == PANELS["fitted"]) for piece in pieces]
    table = pd.concat([*pieces, *lines], ignore_index=True)
    return table.assign(arm_label=table["arm"].map(context.labels))


def _piece(rows: pd.DataFrame, name: str, x: str, y: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": "point",
            "panel": PANELS[name],
            "x": rows[x].to_numpy(float),
            "y": rows[y].to_numpy(float),
            "arm": rows["arm"].to_numpy(),
            "animal": rows["animal"].to_numpy(),
        }
    )


def _line(piece: pd.DataFrame, *, flat: bool) -> pd.DataFrame:
    """Return the ends of the reference line: zero, or through the quartiles."""
    ends = piece["x"].agg(["min", "max"]).to_numpy(float)
    if flat:
        heights = np.zeros(2)
    else:
        (x1, x3), (y1, y3) = (np.quantile(piece[axis], [0.25, 0.75]) for axis in ("x", "y"))
        slope = (y3 - y1) / (x3 - x1) if x3 > x1 else 0.0
        heights = y1 + slope * (ends - x1)
    return pd.DataFrame({"kind": "line", "panel": piece["panel"].iloc[0], "x": ends, "y": heights})


def _spec(context: Context, table: pd.DataFrame) -> Spec:
    arms = context.arms_in(table.dropna(subset=["arm"]))
    colour = {
        "field": "arm_label",
        "type": "nominal",
        "scale": colour_scale(context, arms),
        "legend": {"title": None},
    }
    x: Spec = {"field": "x", "type": "quantitative", "title": None, "scale": {"zero": False}}
    y: Spec = {"field": "y", "type": "quantitative", "title": None, "scale": {"zero": False}}
    tooltip = [{"field": "animal"}, {"field": "arm_label", "title": "arm"}]
    return specification(
        {
            "facet": panels(table),
            "columns": 4,
            "bounds": "flush",
            "spacing": 52,
            "resolve": {"scale": {"x": "independent", "y": "independent"}},
            "spec": {
                "width": SIDE,
                "height": SIDE,
                "layer": [
                    {"transform": [{"filter": "datum.kind == 'line'"}],
                     "mark": {"type": "line", "color": FAINT, "strokeWidth": 1.4},
                     "encoding": {"x": x, "y": y}},
                    {"transform": [{"filter": "datum.kind == 'point'"}],
                     "mark": {"type": "circle", "size": 24, "opacity": 0.75},
                     "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
                ],
            },
        }
    )  # fmt: skip


def influence(context: Context) -> Figure | None:
    """Return how far each answer moves when one animal leaves; ``None`` without the table."""
    table = context.table("influence")
    if table.empty:
        return None
    table = table.assign(arm_label=table["arm"].map(context.labels))
    worst = table.loc[table.groupby("contrast", sort=False)["change_in_se"].idxmax()]
    return Figure(
        id=slug("influence", context.model),
        group="diagnostics",
        model=context.model,
        title=f"What one animal decides, {context.model}",
        caption="Each mark is one animal left out and the model fitted again: how far the answer "
        "moves, in its standard errors. Beyond the dashed lines one animal moves it by a whole "
        "standard error.",
        alt="Change of each answer when one animal is left out; largest upward change by animal "
        + "; ".join(f"{row.contrast}: {row.animal}" for row in worst.itertuples()),
        spec=_influence_spec(context, table),
        data=table,
        method_ids=("growth.lmm/1",),
        width=INFLUENCE_WIDTH + 430,
        height=INFLUENCE_ROW * table["contrast"].nunique() + 90,
        synthetic=context.study.synthetic,
    )


def _influence_spec(context: Context, table: pd.DataFrame) -> Spec:
    reach = max(1.15, 1.1 * float(table["change_in_se"].abs().max()))
    x: Spec = {
        "field": "change_in_se",
        "type": "quantitative",
        "title": "change, in standard errors",
        "scale": {"domain": [-reach, reach], "nice": False},
    }
    y: Spec = {
        "field": "contrast",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": {"labelLimit": 400, "ticks": False, "domain": False},
    }
    colour = {
        "field": "arm_label",
        "type": "nominal",
        "scale": colour_scale(context, context.arms_in(table)),
        "legend": {"title": None},
    }
    tooltip = [{"field": name} for name in ("animal", "arm_label", "change_in_se", "flips")]
    dashed = {"type": "rule", "color": RULE, "strokeDash": [4, 4]}
    return specification(
        {
            "width": INFLUENCE_WIDTH,
            "height": INFLUENCE_ROW * int(table["contrast"].nunique()),
            "layer": [
                *({"mark": dashed, "encoding": {"x": {"datum": at}}} for at in (-1, 1)),
                {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 0}}},
                {"mark": {"type": "tick", "thickness": 2, "size": 22, "opacity": 0.75},
                 "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
            ],
        }
    )  # fmt: skip
