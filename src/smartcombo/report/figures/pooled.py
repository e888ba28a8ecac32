"""Forest of several studies: each with its interval, the mean, and the next study."""

from __future__ import annotations

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.figures.base import Figure, specification
from smartcombo.report.theme import FAINT, INK, MUTED, Spec
from smartcombo.report.words import QUESTIONS, slug, with_interval

ROW = 26
COLOURS = {"study": MUTED, "mean of the studies": "#00795c", "one new study": "#0072b2"}


def pooled_forest(
    result: Result, estimand: str, question: str = "", null_model: str = ""
) -> Figure:
    """Return the forest of one pooled question.

    Parameters
    ----------
    result
        From :func:`smartcombo.efficacy.pool` or :func:`smartcombo.efficacy.pool_counts`.
    estimand, question, null_model
        Which of its questions; the first that fits is drawn.

    Raises
    ------
    ValueError
        If the result has no such question; the message lists those it has.
    """
    pooled = result.tables["pooled"]
    fits = pooled[(pooled["estimand"] == estimand) & (pooled["question"] == question)
                  & (pooled["null_model"] == null_model)]  # fmt: skip
    if fits.empty:
        there = pooled[["estimand", "question", "null_model"]].drop_duplicates().to_numpy().tolist()
        raise ValueError(
            f"no pooled {estimand!r} of question {question!r} under {null_model!r}; there are "
            f"{there}"
        )
    head = fits.iloc[0]
    table = _rows(result, head)
    scale: str = result.tables["studies"].merge(head.to_frame().T[_KEYS], on=_KEYS)["scale"].iloc[0]
    asks = QUESTIONS.get(question, "Over several studies:")
    return Figure(
        id=slug("pooled", estimand, question, null_model),
        group="pooled",
        model="pooled",
        title=f"{asks} {head['contrast']}",
        caption=f"{scale[:1].upper()}{scale[1:]}. Random-effects mean of {head['studies']} studies "
        f"({head['animals']} animals); variance between studies {head['tau2']:.3g}, I2 "
        f"{head['i2']:.0%}. The last row is where the true effect of a new study would lie.",
        alt="; ".join(f"{row.row}: {row.text}" for row in table.itertuples()) + ".",
        spec=_spec(table, scale),
        data=table,
        method_ids=("pooling.random-effects/1",),
        width=860,
        height=ROW * len(table) + 70,
        synthetic=bool(result.options["synthetic"]),
    )


_KEYS = ["estimand", "question", "null_model", "arm", "contrast"]


def _rows(result: Result, head: pd.Series) -> pd.DataFrame:
    studies = result.tables["studies"].merge(head.to_frame().T[_KEYS], on=_KEYS)
    several = studies["model"].nunique() > 1
    rows = [
        (f"{r.study}, {r.model}" if several else r.study, "study", r.value, r.low, r.high, r.weight)
        for r in studies.itertuples()
    ]
    rows.append(("Mean", "mean of the studies", head["value"], head["low"], head["high"], 1.0))
    if pd.notna(head["predicted_low"]):
        rows.append(("Next study", "one new study", head["value"], head["predicted_low"],
                     head["predicted_high"], 1.0))  # fmt: skip
    table = pd.DataFrame(rows, columns=["row", "kind", "value", "low", "high", "weight"])
    table["text"] = [with_interval(r.value, r.low, r.high) for r in table.itertuples()]
    return table


def _spec(table: pd.DataFrame, scale: str) -> Spec:
    axis: Spec = {"labelLimit": 260, "labelColor": INK, "ticks": False, "domain": False}
    y: Spec = {"field": "row", "type": "nominal", "sort": None, "title": None, "axis": axis}
    x: Spec = {"field": "low", "type": "quantitative", "title": scale}
    kinds = [kind for kind in COLOURS if kind in set(table["kind"])]
    colours: Spec = {"domain": kinds, "range": [COLOURS[kind] for kind in kinds]}
    colour: Spec = {"field": "kind", "type": "nominal", "legend": None, "scale": colours}
    size: Spec = {"field": "weight", "type": "quantitative", "legend": None,
                  "scale": {"domain": [0, 1], "range": [20, 160]}}  # fmt: skip
    reach = float(table["high"].max())
    text: Spec = {"y": y, "x": {"datum": reach}, "text": {"field": "text"}, "color": colour}
    return specification(
        {"width": 420, "height": ROW * len(table), "layer": [
            {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 0}}},
            {"mark": {"type": "rule", "strokeWidth": 2.4},
             "encoding": {"y": y, "x": x, "x2": {"field": "high"}, "color": colour}},
            {"mark": {"type": "point", "filled": True, "opacity": 1, "shape": "square"},
             "encoding": {"y": y, "x": {**x, "field": "value"}, "color": colour, "size": size}},
            {"mark": {"type": "text", "align": "left", "dx": 14}, "encoding": text},
        ]}
    )  # fmt: skip
