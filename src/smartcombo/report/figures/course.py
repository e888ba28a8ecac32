"""Over time: each question at each visit, with a band for one day and one for the whole course."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, day_title, panels, specification
from smartcombo.report.theme import FAINT, ROLE_COLOURS, Spec
from smartcombo.report.words import NULL_MODELS, slug

WIDTH, HEIGHT = 262, 200
BELOW = (
    " Open triangle: a mean lies below the detection limit and is counted at the limit; the true "
    "ratio may be further from zero, how far nobody measured."
)
BANDS = (
    "Dark band: one day alone. Light band: holds for all days together. A course ends where an arm "
    "it needs is last measured."
)


def effect_course(context: Context) -> Figure | None:
    """Return Q1 to Q3 over time, a panel for each comparator; ``None`` without."""
    table = _rows(context, ("Q1", "Q2", "Q3"))
    if table.empty:
        return None
    table["panel"] = [_against(context, row) for row in table.itertuples()]
    caption = (
        "Natural log of combination over comparator, in volume grown since baseline. Below the "
        f"line the combination's tumours are smaller: benefit. {BANDS}{_below(table)}"
    )
    return _figure(context, table, "effect-course", "Benefit over time", caption,
                   "log(combination / comparator)")  # fmt: skip


def synergy_course(context: Context) -> Figure | None:
    """Return Q4 over time, a panel for each combination and null model; ``None`` without."""
    table = _rows(context, ("Q4",))
    if table.empty:
        return None
    names = table["null_model"].map(lambda null: NULL_MODELS.get(null, null))
    own = table["combination"].map(context.label) + ": " if _several(context) else ""
    table["panel"] = own + names
    caption = (
        "Natural log of expected over observed volume since baseline (response additivity: "
        "inhibition beyond the sum, as a fraction of vehicle). Above the line is synergy, below "
        f"is antagonism. {BANDS}{_below(table)}"
    )
    return _figure(context, table, "synergy-course", "Synergy over time", caption,
                   "log(expected / observed)")  # fmt: skip


def _below(table: pd.DataFrame) -> str:
    return BELOW if table["below_detection"].any() else ""


def _against(context: Context, row: object) -> str:
    """Return ``Q2: v Anti-PD-1``, with the combination where the study has several."""
    label = context.label(row.combination)  # type: ignore[attr-defined]
    versus = str(row.contrast).removeprefix(label).strip()  # type: ignore[attr-defined]
    return f"{row.question}: {label + ' ' if _several(context) else ''}{versus}"  # type: ignore[attr-defined]


def _several(context: Context) -> bool:
    """Return whether panels must name the combination."""
    return sum(arm.role == "combination" for arm in context.study.arms) > 1


def _rows(context: Context, questions: tuple[str, ...]) -> pd.DataFrame:
    course = context.table("course")
    return course if course.empty else course[course["question"].isin(questions)].copy()


def _figure(
    context: Context, table: pd.DataFrame, name: str, title: str, caption: str, y_title: str
) -> Figure:
    rows = -(-table["panel"].nunique() // 3)
    return Figure(
        id=slug(name, context.model),
        group="course",
        model=context.model,
        title=f"{title}, {context.model}",
        caption=caption,
        alt=_alt(table, y_title),
        spec=_spec(context, table, y_title),
        data=table,
        method_ids=("growth.bands/1", "growth.bliss/1", "growth.hsa/1"),
        width=3 * (WIDTH + 70),
        height=rows * (HEIGHT + 90),
        synthetic=context.study.synthetic,
    )


def _spec(context: Context, table: pd.DataFrame, y_title: str) -> Spec:
    colour = ROLE_COLOURS["combination"]
    days = sorted(float(day) for day in table["day"].unique())
    x: Spec = {"field": "day", "type": "quantitative", "title": day_title(context.study),
               "scale": {"domain": [days[0], days[-1]], "nice": False},
               "axis": {"tickCount": 6, "format": "~g", "grid": False}}  # fmt: skip

    def band(low: str, high: str, opacity: float) -> Spec:
        """Return a shaded band between two columns."""
        y: Spec = {"field": low, "type": "quantitative", "title": y_title}
        mark: Spec = {"type": "area", "opacity": opacity, "color": colour}
        return {"mark": mark, "encoding": {"x": x, "y": y, "y2": {"field": high}}}

    tooltip = [{"field": name, "format": ".3~g"} for name in ("day", "value", "low", "high")]
    y: Spec = {"field": "value", "type": "quantitative"}
    line: Spec = {"mark": {"type": "line", "color": colour}, "encoding": {"x": x, "y": y}}
    seen: Spec = {
        "transform": [{"filter": "!datum.below_detection"}],
        "mark": {"type": "circle", "color": colour, "size": 30, "opacity": 1},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }
    open_triangle = {"type": "point", "shape": "triangle-down", "filled": False, "size": 48}
    floored: Spec = {
        "transform": [{"filter": "datum.below_detection"}],
        "mark": {**open_triangle, "color": colour, "strokeWidth": 1.6, "opacity": 1},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }
    zero: Spec = {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}}
    bands = [band("band_low", "band_high", 0.15), band("low", "high", 0.28)]
    marks = [seen, floored] if table["below_detection"].any() else [seen]
    layers = [*bands, zero, line, *marks]
    header = {"labelLimit": WIDTH + 40, "labelFontSize": 11.5}
    return specification(
        {
            "facet": {**panels(table), "header": header},
            "columns": 3,
            "spec": {"width": WIDTH, "height": HEIGHT, "layer": layers},
        }
    )  # fmt: skip


def _alt(table: pd.DataFrame, y_title: str) -> str:
    last = table.sort_values("day", kind="stable").groupby("panel", sort=False).last()
    said = [
        f"{panel} ends at {row['value']:.2f}"
        + (" with a mean below detection" if row["below_detection"] else "")
        for panel, row in last.iterrows()
    ]
    return f"{y_title[:1].upper()}{y_title[1:]} by day. " + "; ".join(said) + "."
