"""Figures of a programme of single mice: questions, rates, indications, waterfalls."""

from __future__ import annotations

import pandas as pd

from smartcombo.efficacy.single_mouse.options import ALL_MODELS
from smartcombo.report.figures.base import Context, Figure, panels, specification
from smartcombo.report.theme import FAINT, INK, MUTED, VERDICTS, Spec
from smartcombo.report.words import QUESTIONS

ROW, SMALL_HEIGHT, SMALL_WIDTH, COLUMNS = 19, 84, 138, 6
HIGHEST = 150.0
"""Bars are cut at this best change, per cent."""
CATEGORY_COLOURS = {
    "CR": "#00795c",
    "PR": "#56b4e9",
    "SD": "#e3b23c",
    "PD": "#9b2d6f",
    "not evaluable": "#a3acb6",
}
LABELS: Spec = {"labelLimit": 260, "labelColor": INK, "ticks": False, "domain": False}


def programme_questions(context: Context) -> Figure | None:
    """Return difference in response of each combination for the four questions."""
    rows = context.estimates()
    rows = rows[rows["question"].isin(list(QUESTIONS))
                & (rows["estimand"] == "response_rate_difference")
                & rows["value"].notna()].copy()  # fmt: skip
    if rows.empty:
        return None
    rows["combination"] = rows["arm"].map(context.label)
    rows["panel"] = rows["question"].map(_PANEL)
    for column in ("value", "low", "high"):
        rows[column] = 100 * rows[column]
    columns = ["combination", "panel", "contrast", "value", "low", "high", "p", "n", "verdict"]
    table = rows[columns].sort_values("panel", kind="stable").reset_index(drop=True)
    count = table["combination"].nunique()
    return Figure(
        id="programme-questions",
        group="programme",
        model=ALL_MODELS,
        title="Do more models respond to the combination?",
        caption="Difference in the share of models that respond, same models, with its interval. "
        "Right of the line: benefit, or, for Q4, more than the better of the parts in each model "
        "(synergy).",
        alt="Differences in response. "
        + "; ".join(f"{r.combination} {r.panel}: {r.value:.0f} points, {r.verdict}"
                    for r in table.itertuples()) + ".",
        spec=_questions_spec(table, count),
        data=table,
        method_ids=("programme.mcnemar/1",),
        width=1000,
        height=ROW * count + 90,
        synthetic=context.study.synthetic,
    )  # fmt: skip


_PANEL = {
    "Q1": "Q1 v untreated",
    "Q2": "Q2 v first agent alone",
    "Q3": "Q3 v second agent alone",
    "Q4": "Q4 v best of its parts",
}


def _questions_spec(table: pd.DataFrame, count: int) -> Spec:
    words = sorted(set(table["verdict"]))
    colours = [VERDICTS[word].colour if word in VERDICTS else INK for word in words]
    colour: Spec = {"field": "verdict", "type": "nominal", "title": None,
                    "scale": {"domain": words, "range": colours},
                    "legend": {"orient": "bottom"}}  # fmt: skip
    y: Spec = {"field": "combination", "type": "nominal", "sort": None, "title": None,
               "axis": LABELS}  # fmt: skip
    x: Spec = {"field": "low", "type": "quantitative", "title": "percentage points"}
    tooltip = [{"field": name} for name in ("contrast", "value", "low", "high", "p", "n")]
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 0}}},
        {"mark": {"type": "rule", "strokeWidth": 2},
         "encoding": {"y": y, "x": x, "x2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
         "encoding": {"y": y, "x": {**x, "field": "value"}, "color": colour, "tooltip": tooltip}},
    ]  # fmt: skip
    inner: Spec = {"width": 165, "height": ROW * count, "layer": layers}
    return specification({"facet": {"column": panels(table)}, "spec": inner})


def treatment_rates(context: Context) -> Figure | None:
    """Return the response rate of each treatment over models, best first."""
    rows = context.estimates()
    rows = rows[(rows["estimand"] == "response_rate") & (rows["question"] == "")].copy()
    if rows.empty:
        return None
    rows = rows.sort_values(["value", "n"], ascending=False, kind="stable")
    names = rows["arm"].map(context.label)
    rows["treatment"] = names + "  (" + rows["n"].astype(int).astype(str) + ")"
    for column in ("value", "low", "high"):
        rows[column] = 100 * rows[column]
    table = rows[["treatment", "arm", "value", "low", "high", "n"]].reset_index(drop=True)
    roles = {arm.id: arm.role for arm in context.study.arms}
    kinds = {"vehicle": "untreated", "combination": "combination"}
    table["kind"] = [kinds.get(roles[arm], "agent alone") for arm in table["arm"]]
    return Figure(
        id="programme-rates",
        group="programme",
        model=ALL_MODELS,
        title="In how many models does each treatment work?",
        caption="Share of models whose mouse has a complete or partial response, with its "
        "interval; models in brackets. Treatments were given to different models: compare two of "
        "them by the questions above, within the models that had both.",
        alt="Response rates, best first. "
        + "; ".join(f"{r.treatment}: {r.value:.0f}%" for r in table.itertuples()) + ".",
        spec=_rates_spec(table),
        data=table,
        method_ids=("programme.rate/1",),
        width=880,
        height=ROW * len(table) + 70,
        synthetic=context.study.synthetic,
    )  # fmt: skip


def _rates_spec(table: pd.DataFrame) -> Spec:
    y: Spec = {"field": "treatment", "type": "nominal", "sort": None, "title": None,
               "axis": {**LABELS, "labelLimit": 320}}  # fmt: skip
    x: Spec = {"field": "low", "type": "quantitative", "title": "models that respond, %",
               "scale": {"domain": [0, 100]}}  # fmt: skip
    colour: Spec = {"field": "kind", "type": "nominal", "title": None,
                    "scale": {"domain": ["combination", "agent alone", "untreated"],
                              "range": ["#c2410c", "#0072b2", "#7b8794"]}}  # fmt: skip
    tooltip = [{"field": name} for name in ("treatment", "value", "low", "high")]
    rule: Spec = {"y": y, "x": x, "x2": {"field": "high"}, "color": colour}
    point: Spec = {"y": y, "x": {**x, "field": "value"}, "color": colour, "tooltip": tooltip}
    return specification(
        {"width": 520, "height": ROW * len(table), "layer": [
            {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": rule},
            {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
             "encoding": point},
        ]}
    )  # fmt: skip


def indication_rates(context: Context) -> Figure | None:
    """Return response rates of each treatment by indication; ``None`` with one indication."""
    rows = context.result.estimates
    rows = rows[(rows["estimand"] == "response_rate") & (rows["question"] == "")]
    overall = rows[rows["model"] == ALL_MODELS].sort_values("value", ascending=False)
    rows = rows[rows["model"] != ALL_MODELS]
    if rows["model"].nunique() < 2:
        return None
    order = {arm: k for k, arm in enumerate(overall["arm"])}
    rows = rows.assign(place=rows["arm"].map(order)).sort_values(["place", "model"])
    table = pd.DataFrame(
        {
            "treatment": rows["arm"].map(context.label),
            "indication": rows["model"],
            "value": 100 * rows["value"],
            "low": 100 * rows["low"],
            "high": 100 * rows["high"],
            "n": rows["n"].astype(int),
            "text": [f"{100 * r.value:.0f}% of {r.n:.0f}" for r in rows.itertuples()],
        }
    ).reset_index(drop=True)
    count, groups = table["treatment"].nunique(), table["indication"].nunique()
    return Figure(
        id="programme-indications",
        group="programme",
        model=ALL_MODELS,
        title="Where does each treatment work?",
        caption="Share of models that respond by indication, of how many models. Blank: not given.",
        alt="Response rates by treatment and indication. "
        + "; ".join(f"{r.treatment} in {r.indication}: {r.text}" for r in table.itertuples())
        + ".",
        spec=_indication_spec(count, groups),
        data=table,
        method_ids=("programme.rate/1",),
        width=120 * groups + 300,
        height=ROW * count + 120,
        synthetic=context.study.synthetic,
    )


def _indication_spec(count: int, groups: int) -> Spec:
    y: Spec = {"field": "treatment", "type": "nominal", "sort": None, "title": None,
               "axis": LABELS}  # fmt: skip
    x: Spec = {"field": "indication", "type": "nominal", "title": None,
               "axis": {"orient": "top", "labelAngle": -20, "labelLimit": 200,
                        "labelAlign": "left"}}  # fmt: skip
    shade: Spec = {"field": "value", "type": "quantitative", "title": "% respond",
                   "scale": {"domain": [0, 100], "range": ["#f4f6f8", "#00795c"]}}  # fmt: skip
    ink: Spec = {"condition": {"test": "datum.value > 55", "value": "white"}, "value": INK}
    tooltip = [{"field": name} for name in ("treatment", "indication", "value", "low", "high", "n")]
    return specification(
        {"width": 112 * groups, "height": ROW * count, "layer": [
            {"mark": {"type": "rect"},
             "encoding": {"x": x, "y": y, "color": shade, "tooltip": tooltip}},
            {"mark": {"type": "text", "fontSize": 10},
             "encoding": {"x": x, "y": y, "text": {"field": "text"}, "color": ink}},
        ]}
    )  # fmt: skip


def programme_waterfalls(context: Context) -> Figure | None:
    """Return best change of volume of each model, one small panel a treatment, best first."""
    calls = context.result.tables["calls"]
    seen = calls[calls["best_percent"].notna()]
    if seen.empty:
        return None
    order = {arm: k for k, arm in enumerate(context.result.tables["treatments"]["arm"])}
    seen = seen.assign(place=seen["arm"].map(order))
    seen = seen.sort_values(["place", "best_percent"], ascending=[True, False], kind="stable")
    rank = seen.groupby("arm", sort=False).cumcount() + 1
    table = pd.DataFrame(
        {
            "panel": seen["arm"].map(context.label),
            "model": seen["model"],
            "rank": rank,
            "best_percent": seen["best_percent"].clip(upper=HIGHEST).round(1),
            "category": seen["category"],
        }
    ).reset_index(drop=True)
    panel_rows = -(-table["panel"].nunique() // COLUMNS)
    return Figure(
        id="programme-waterfalls",
        group="programme",
        model=ALL_MODELS,
        title="Best response of each model by treatment",
        caption="One bar a mouse: its lowest change of volume from baseline among the visits that "
        f"count; bars above +{HIGHEST:g}% are cut. Treatments by their response rate, best first.",
        alt=f"Waterfalls of {table['panel'].nunique()} treatments, {len(table)} mice.",
        spec=_waterfalls_spec(table),
        data=table,
        method_ids=context.result.methods[:1],
        width=COLUMNS * (SMALL_WIDTH + 40),
        height=panel_rows * (SMALL_HEIGHT + 46) + 60,
        synthetic=context.study.synthetic,
    )


def _waterfalls_spec(table: pd.DataFrame) -> Spec:
    present = [name for name in CATEGORY_COLOURS if name in set(table["category"])]
    colour: Spec = {"field": "category", "type": "nominal", "title": None,
                    "scale": {"domain": present,
                              "range": [CATEGORY_COLOURS[name] for name in present]},
                    "legend": {"orient": "top"}}  # fmt: skip
    y: Spec = {"field": "best_percent", "type": "quantitative", "title": None,
               "scale": {"domain": [-100, HIGHEST], "nice": False},
               "axis": {"values": [-100, -50, 0, 100]}}  # fmt: skip
    x: Spec = {"field": "rank", "type": "ordinal", "axis": None,
               "scale": {"paddingInner": 0, "paddingOuter": 0}}  # fmt: skip
    tooltip = [{"field": name} for name in ("model", "category", "best_percent")]
    header: Spec = {"labelFontSize": 9, "labelLimit": SMALL_WIDTH, "labelColor": MUTED}
    return specification(
        {
            "facet": {**panels(table), "header": header},
            "columns": COLUMNS,
            "spacing": {"row": 14, "column": 16},
            "spec": {"width": SMALL_WIDTH, "height": SMALL_HEIGHT, "layer": [
                {"mark": {"type": "bar"},
                 "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}},
                {"mark": {"type": "rule", "color": FAINT}, "encoding": {"y": {"datum": 0}}},
            ]},
            "resolve": {"scale": {"x": "independent"}},
        }
    )  # fmt: skip
