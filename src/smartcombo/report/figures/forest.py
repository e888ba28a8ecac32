"""The four questions: one row each, estimate with interval, and the word."""

from __future__ import annotations

import pandas as pd

from smartcombo.report.figures.base import Context, Figure, specification
from smartcombo.report.theme import FAINT, INK, VERDICTS, Spec
from smartcombo.report.words import NULL_MODELS, number, slug

WIDTH, ROW = 420, 30
ORDER = ("single", "Q1", "Q2", "Q3", "part", "Q4")


def four_questions(context: Context) -> Figure | None:
    """Return the forest plot of growth-rate differences; ``None`` where nothing was asked."""
    table = _rows(context)
    if table.empty:
        return None
    return Figure(
        id=slug("four-questions", context.model),
        group="four-questions",
        model=context.model,
        title=f"The four questions, {context.model}",
        caption="Difference in growth rate per day with its interval. Left of the line the tumours "
        "grow slower than the comparator (benefit) or than expected without interaction "
        "(synergy); right of it faster (harm, antagonism).",
        alt=_alt(table),
        spec=_spec(table),
        data=table,
        method_ids=("growth.lmm/1", "growth.bliss/1", "growth.hsa/1"),
        width=WIDTH + 480,
        height=ROW * len(table) + 70,
        synthetic=context.study.synthetic,
    )


def _rows(context: Context) -> pd.DataFrame:
    rows = context.estimates()
    rows = rows[rows["analysis"] == "growth"]
    rows = rows[(rows["estimand"] == "growth_rate_difference") & (rows["question"] != "")].copy()
    rows["order"] = rows["question"].map({key: k for k, key in enumerate(ORDER)})
    rows = rows.sort_values("order", kind="stable")
    rows["row"] = [_label(row) for row in rows.itertuples()]
    rows["word"] = [_word(row) for row in rows.itertuples()]
    columns = ["row", "question", "contrast", "null_model", "value", "low", "high", "p", "n",
               "verdict", "word"]  # fmt: skip
    return rows[columns].reset_index(drop=True)


def _label(row: object) -> str:
    key = "" if row.question in ("single", "part") else f"{row.question}  "  # type: ignore[attr-defined]
    null = NULL_MODELS.get(row.null_model, "")  # type: ignore[attr-defined]
    return f"{key}{row.contrast}{f' ({null})' if null else ''}"  # type: ignore[attr-defined]


def _word(row: object) -> str:
    if row.verdict == "missing":  # type: ignore[attr-defined]
        return "missing"
    value = number(row.value, 3)  # type: ignore[attr-defined]
    return f"{row.verdict}  {value}"  # type: ignore[attr-defined]


def _spec(table: pd.DataFrame) -> Spec:
    y: Spec = {
        "field": "row",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 430, "labelColor": INK, "ticks": False, "domain": False},
    }
    words = sorted(set(table["verdict"]))
    colour: Spec = {
        "field": "verdict",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": words, "range": [_colour(word) for word in words]},
    }
    title = "Difference in growth rate, per day   (← slower   faster →)"
    x: Spec = {"field": "low", "type": "quantitative", "title": title}
    reach = float(table[["low", "high"]].abs().max().max())
    place = 1.12 * (reach if reach > 0 else 1.0)
    return specification(
        {
            "width": WIDTH,
            "height": ROW * len(table),
            "layer": [
                {"mark": {"type": "rule", "color": FAINT}, "encoding": {"x": {"datum": 0}}},
                {
                    "mark": {"type": "rule", "strokeWidth": 2.4},
                    "encoding": {"y": y, "x": x, "x2": {"field": "high"}, "color": colour},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                    "encoding": {
                        "y": y,
                        "x": {"field": "value", "type": "quantitative"},
                        "color": colour,
                        "tooltip": [{"field": name} for name in ("contrast", "verdict", "p", "n")],
                    },
                },
                {
                    "mark": {"type": "text", "align": "left", "fontWeight": "bold"},
                    "encoding": {
                        "y": y,
                        "x": {"datum": place},
                        "text": {"field": "word"},
                        "color": colour,
                    },
                },
            ],
        }
    )


def _colour(word: str) -> str:
    return VERDICTS[word].colour if word in VERDICTS else INK


def _alt(table: pd.DataFrame) -> str:
    said = [f"{row.row}: {row.word}" for row in table.itertuples()]
    return "Growth-rate differences. " + "; ".join(said) + "."
