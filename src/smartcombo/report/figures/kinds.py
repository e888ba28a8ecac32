"""Kinds of animals: every curve coloured by its kind, and where those that left would be."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    day_title,
    log_ticks,
    panels,
    readout_title,
    shown_days,
    span,
    specification,
)
from smartcombo.report.theme import FAINT, MUTED, PAPER, Spec
from smartcombo.report.words import slug

HEIGHT = 230
COLOURS = {"growing": "#8a94a0", "controlled": "#00795c"}
PREDICTED = ("its own line", "controlled when last seen")


def kinds_of_animals(context: Context) -> Figure | None:
    """Return each animal's curve by kind, arm by arm; ``None`` where no kinds were called."""
    curves = context.table("kind_curves")
    if curves.empty:
        return None
    table = _rows(context, curves)
    count = table["panel"].nunique()
    columns = min(count, 4)
    width = max(150, (960 - 60 * columns) // columns)
    day = float(context.result.options["declared_day"][context.model])
    return Figure(
        id=slug("kinds", context.model),
        group="classes",
        model=context.model,
        title=f"Growing and controlled animals, {context.model}",
        caption="One line an animal, coloured by its kind; controlled tumours vanish, shrink or "
        f"stand. Open circles: volumes on day {day:g} of animals that left before, predicted from "
        "their own curve. Dashed: the declared day, and the detection limit where values lie at "
        "it.",
        alt=_alt(context),
        spec=_spec(context, table, day, columns, width),
        data=table,
        method_ids=("classes.mixture/1",),
        width=columns * (width + 60),
        height=-(-count // columns) * (HEIGHT + 90),
        synthetic=context.study.synthetic,
    )


def _rows(context: Context, curves: pd.DataFrame) -> pd.DataFrame:
    """Return measurements and predictions in one table, told apart by ``mark``."""
    kept = curves[["arm", "animal", "kind", "day", "shown_value", "at_limit"]].assign(mark="curve")
    animals = context.table("kinds")
    gone = animals[animals["source"].isin(PREDICTED) & animals["value_at_day"].notna()]
    day = float(context.result.options["declared_day"][context.model])
    points = gone[["arm", "animal", "kind"]].assign(
        day=day, shown_value=gone["value_at_day"], at_limit=False, mark="predicted"
    )
    both = pd.concat([kept, points], ignore_index=True) if len(points) else kept
    order = {arm: k for k, arm in enumerate(context.arms_in(both))}
    both = both.assign(place=both["arm"].map(order)).sort_values("place", kind="stable")
    return both.assign(panel=both["arm"].map(context.label)).drop(columns="place")


def _spec(context: Context, table: pd.DataFrame, day: float, columns: int, width: int) -> Spec:
    domain = span(table["shown_value"], log=True)
    x: Spec = {"field": "day", "type": "quantitative", "title": day_title(context.study),
               "scale": {"domain": span(table["day"], log=False, pad=0.03), "nice": False},
               "axis": {"values": shown_days(table), "grid": False}}  # fmt: skip
    y: Spec = {"field": "shown_value", "type": "quantitative",
               "title": f"{readout_title(context.study)}, log axis",
               "scale": {"type": "log", "domain": domain, "nice": False},
               "axis": {"values": log_ticks(*domain), "format": ",~r"}}  # fmt: skip
    colour: Spec = {"field": "kind", "type": "nominal",
                    "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
                    "legend": {"title": None, "orient": "top", "symbolType": "stroke",
                               "symbolStrokeWidth": 3, "symbolOpacity": 1}}  # fmt: skip
    tooltip = [{"field": name} for name in ("animal", "kind", "day", "shown_value")]
    place = {"x": x, "y": y, "color": colour}
    line = {"type": "line", "strokeWidth": 1.8, "opacity": 0.85}
    ring = {"type": "point", "filled": False, "fill": PAPER, "size": 42, "strokeWidth": 1.6,
            "opacity": 1}  # fmt: skip
    at = {"x": {"datum": day, "type": "quantitative", "scale": x["scale"]}}
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": FAINT, "strokeDash": [4, 4]}, "encoding": at},
        {"transform": [{"filter": "datum.mark == 'curve'"}], "mark": line,
         "encoding": {**place, "detail": {"field": "animal"}, "tooltip": tooltip}},
        {"transform": [{"filter": "datum.mark == 'predicted'"}], "mark": ring,
         "encoding": {**place, "tooltip": tooltip}},
    ]  # fmt: skip
    if table["at_limit"].any():
        limit = {"y": {"datum": float(context.study.readout.limit)}}
        rule = {"type": "rule", "color": MUTED, "strokeDash": [3, 3], "opacity": 0.6}
        layers.insert(0, {"mark": rule, "encoding": limit})
    return specification(
        {
            "facet": panels(table),
            "columns": columns,
            "spec": {"width": width, "height": HEIGHT, "layer": layers},
        }
    )


def _alt(context: Context) -> str:
    said = [
        f"{context.label(row.arm)} {row.controlled} of {row.animals}"
        for row in context.table("arm_kinds").itertuples()
    ]
    return "Tumour curves by kind of animal; controlled: " + "; ".join(said) + "."
