"""Clinical scores: every animal a row of its visits, shaded by its score, arm by arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.report.figures.base import (
    Context,
    Figure,
    day_title,
    panels,
    shown_days,
    specification,
)
from smartcombo.report.figures.weights import LIMIT_COLOUR, MOST_COLUMNS, PANEL_AXIS
from smartcombo.report.theme import INK, PAPER, Spec
from smartcombo.report.words import slug

ROW = 19
"""Height of an animal's row, px."""
PALE, DARK = (238, 241, 244), (107, 45, 111)
"""Colour of score 0 and of the worst score seen, red, green and blue."""
WIDEST_MARK = 15.0
LEFT_WORDS = {"clinical-score": "taken for its score", "found-dead": "found dead",
              "weight-loss": "taken for its weight"}  # fmt: skip


def clinical_scores(context: Context) -> Figure | None:
    """Return every clinical score by animal, day and arm; ``None`` without scores."""
    scores, courses = context.table("scores"), context.table("score_courses")
    if scores.empty:
        return None
    table = _rows(context, scores, courses)
    count = table["panel"].nunique()
    columns = count if count <= MOST_COLUMNS else MOST_COLUMNS - 1
    width = max(150, (960 - PANEL_AXIS * columns) // columns)
    height = ROW * (int(table["place"].max()) + 1)
    return Figure(
        id=slug("clinical-scores", context.model),
        group="tolerability",
        model=context.model,
        title=f"Clinical score of every animal, {context.model}",
        caption="Each row is an animal, the most ill on top; each square a visit, darker for a "
        f"worse score, with the score where it is above 0. {_limit_words(context)} A cross marks "
        "an animal found dead, or taken for its score or weight.",
        alt=_alt(context, courses),
        spec=_spec(context, table, columns, width, height),
        data=table,
        method_ids=("tolerability.worst-score/1", "tolerability.score-limit/1"),
        width=columns * (width + PANEL_AXIS),
        height=-(-count // columns) * (height + 90),
        synthetic=context.study.synthetic,
    )


def _limit_words(context: Context) -> str:
    limit = context.study.limits.clinical_score
    if limit is None:
        return "No limit of the clinical score is stated for this study, so none is drawn."
    return f"Framed: at or past the protocol's limit of {limit:g}."


def _rows(context: Context, scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Return visits with the place of their animal in its arm, and how animals left."""
    order = {arm: k for k, arm in enumerate(context.arms_in(scores))}
    ranked = courses.assign(_order=courses["arm"].map(order))
    ranked = ranked.sort_values(
        ["_order", "rank", "worst", "worst_day", "animal"],
        ascending=[True, False, False, True, True],
        kind="stable",
    )
    place = dict(zip(ranked["animal"], ranked.groupby("arm", sort=False).cumcount(), strict=True))
    limit = context.study.limits.clinical_score
    visits = scores[scores["animal"].isin(place)].assign(kind="visit", left="")
    visits["at_limit"] = False if limit is None else (
        (visits["score"] >= limit) & (visits["day"] > context.study.baseline_day)
    )  # fmt: skip
    gone = ranked[ranked["fate"].isin(LEFT_WORDS)]
    ends = gone[["model", "arm", "animal"]].assign(
        day=gone["days_followed"] + context.study.baseline_day,
        kind="left",
        left=gone["fate"].map(LEFT_WORDS),
    )
    table = pd.concat([visits, ends], ignore_index=True).drop(columns="model")
    table = table.assign(place=table["animal"].map(place), panel=table["arm"].map(context.label),
                         _order=table["arm"].map(order))  # fmt: skip
    table = table.sort_values(["_order", "place", "kind", "day"], kind="stable", ascending=[
        True, True, False, True])  # fmt: skip
    return table.drop(columns="_order").reset_index(drop=True)


def _shades(scores: pd.Series) -> Spec:
    """Return a colour for each score there is, from pale at 0 to dark at the worst."""
    seen = sorted(float(score) for score in scores.dropna().unique())
    worst = max(seen[-1], 1.0)
    mixed = [np.round(np.add(PALE, np.subtract(DARK, PALE) * score / worst)) for score in seen]
    colours = ["#" + "".join(f"{int(part):02x}" for part in colour) for colour in mixed]
    return {"domain": seen, "range": colours}


def _spec(context: Context, table: pd.DataFrame, columns: int, width: int, height: int) -> Spec:
    days = np.unique(table.loc[table["kind"] == "visit", "day"].to_numpy(float))
    reach = float(days[-1] - days[0]) or 1.0
    pad = 0.06 * reach
    gap = float(np.min(np.diff(days))) if len(days) > 1 else reach
    side = min(WIDEST_MARK, 0.9 * width * gap / (reach + 2 * pad))
    x = {"field": "day", "type": "quantitative", "title": day_title(context.study),
         "axis": {"grid": False, "values": shown_days(table[table["kind"] == "visit"])[::2]},
         "scale": {"domain": [days[0] - pad, max(days[-1], table["day"].max()) + pad],
                   "nice": False}}  # fmt: skip
    y = {"field": "place", "type": "ordinal", "axis": None}
    shade = {"field": "score", "type": "ordinal", "scale": _shades(table["score"]),
             "legend": {"title": "clinical score", "orient": "top"}}  # fmt: skip
    visit, framed = "datum.kind == 'visit'", "datum.kind == 'visit' && datum.at_limit"
    tooltip = [{"field": name} for name in ("animal", "day", "score")]
    square = {"type": "square", "size": side**2, "opacity": 1}
    place = {"x": x, "y": y}
    layers = [
        {"transform": [{"filter": visit}], "mark": square,
         "encoding": {**place, "color": shade, "tooltip": tooltip}},
        {"transform": [{"filter": framed}],
         "mark": {**square, "filled": False, "stroke": LIMIT_COLOUR, "strokeWidth": 2.5},
         "encoding": place},
        {"transform": [{"filter": f"{visit} && datum.score > 0"}],
         "mark": {"type": "text", "fontSize": 9, "baseline": "middle"},
         "encoding": {**place, "text": {"field": "score"},
                      "color": {"condition": {"test": f"datum.score > {_half(table)}",
                                              "value": PAPER}, "value": INK}}},
        {"transform": [{"filter": "datum.kind == 'left'"}],
         "mark": {"type": "point", "shape": "cross", "filled": True, "size": 46, "color": INK,
                  "xOffset": 9},
         "encoding": {**place, "tooltip": [{"field": "animal"}, {"field": "left"}]}},
    ]  # fmt: skip
    panel = {"width": width, "height": height, "layer": layers}
    return specification({"facet": panels(table), "columns": columns, "spec": panel})


def _half(table: pd.DataFrame) -> float:
    """Return the score from which on its square is too dark for dark type."""
    return max(float(table["score"].max()), 1.0) / 2


def _alt(context: Context, courses: pd.DataFrame) -> str:
    limit, said = context.study.limits.clinical_score, []
    for arm in context.arms_in(courses):
        own = courses[courses["arm"] == arm]
        words = f"{context.label(arm)} worst {own['worst'].max():g}"
        if limit is not None:
            words += f", {int(own['past_limit'].sum())} of {len(own)} at or past {limit:g}"
        said.append(words)
    return "Clinical score of each animal at each visit, by arm: " + "; ".join(said) + "."
