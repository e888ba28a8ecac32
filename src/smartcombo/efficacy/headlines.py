"""The answers in words, for the top of the report."""

from __future__ import annotations

import math

import pandas as pd

from smartcombo.study.model import Study

ASKS = {
    "Q2": "does it do more than the checkpoint inhibitor alone?",
    "Q1": "does it work against vehicle?",
    "Q3": "does it do more than the molecule alone?",
}


def headlines_table(study: Study, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences about each combination in each tumour model, most important first."""
    rows = []
    asked = estimates[estimates["question"].isin(["Q1", "Q2", "Q3", "Q4"])]
    for (model, arm), answers in asked.groupby(["model", "arm"], sort=False):
        for order, sentence in enumerate(_sentences(study, answers)):
            rows.append((model, arm, order, sentence))
    return pd.DataFrame(rows, columns=["model", "combination", "order", "sentence"])


def _sentences(study: Study, answers: pd.DataFrame) -> list[str]:
    said = [_effect_sentence(study, answers, key) for key in ASKS]
    return [sentence for sentence in [*said, _interaction_sentence(answers)] if sentence]


def _row(answers: pd.DataFrame, question: str, estimand: str, null: str = "") -> pd.Series | None:
    rows = answers[
        (answers["question"] == question)
        & (answers["estimand"] == estimand)
        & (answers["null_model"] == null)
    ]
    return None if rows.empty else rows.iloc[0]


def _effect_sentence(study: Study, answers: pd.DataFrame, key: str) -> str:
    rate = _row(answers, key, "growth_rate_difference")
    if rate is None:
        return ""
    if rate["verdict"] == "missing":
        return (
            f"{key}, {ASKS[key]} Cannot be asked: {str(rate['status']).removeprefix('missing: ')}."
        )
    ratio = _row(answers, key, "ratio")
    text = (
        f"{key}, {ASKS[key]} {_capital(rate['verdict'])}: {rate['contrast']}, growth rate "
        f"{_signed(rate)} per day ({_percent(rate)} interval {_limits(rate)}; {_p(rate)}; "
        f"n = {rate['n']:.0f} animals)"
    )
    if ratio is None:
        return text + "."
    return (
        f"{text}; on day {ratio['day']:g} its tumours are {ratio['value']:.2f} times as large "
        f"({ratio['low']:.2f} to {ratio['high']:.2f})."
    )


def _interaction_sentence(answers: pd.DataFrame) -> str:
    bliss = _row(answers, "Q4", "log_ratio", "bliss")
    hsa = _row(answers, "Q4", "log_ratio", "hsa")
    rate = _row(answers, "Q4", "growth_rate_difference", "bliss")
    if rate is not None and rate["verdict"] == "missing":
        return f"Q4, is it more than expected without interaction? {_unasked(rate)}"
    if bliss is None or hsa is None:
        return ""
    return (
        f"Q4, is it more than expected without interaction? Bliss: {bliss['verdict']}, expected "
        f"volume is {math.exp(bliss['value']):.2f} times the observed on day {bliss['day']:g} "
        f"({math.exp(bliss['low']):.2f} to {math.exp(bliss['high']):.2f}; {_p(bliss)}); highest "
        f"single agent: {hsa['verdict']} ({math.exp(hsa['value']):.2f}, "
        f"{math.exp(hsa['low']):.2f} to {math.exp(hsa['high']):.2f}; {_p(hsa)})."
    )


def _unasked(row: pd.Series) -> str:
    return f"Cannot be asked: {str(row['status']).removeprefix('missing: ')}."


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _signed(row: pd.Series) -> str:
    return f"{row['value']:+.3f}"


def _limits(row: pd.Series) -> str:
    return f"{row['low']:.3f} to {row['high']:.3f}"


def _percent(row: pd.Series) -> str:
    return f"{100 * row['level']:g}%"


def _p(row: pd.Series) -> str:
    return "p < 0.001" if row["p"] < 0.001 else f"p = {row['p']:.2g}"
