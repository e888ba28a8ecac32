"""Section of tissue: the phenotype of each animal, and the share of each arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.words import number
from smartcombo.study.model import Study

SHARES = ("phenotype_share", "phenotype_share_difference")


def tissue_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return animals, shares and the cuts as text; nothing without tissue."""
    animals = _animals(study, results)
    if not animals:
        return {}
    return {
        "counts": _counts(animals),
        "animals": animals,
        "shares": _shares(results),
        "cuts": _cuts(results),
    }


def _counts(animals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many animals of each arm and day are of which phenotype, in words."""
    table = pd.DataFrame(animals)
    rows = []
    for (model, label, day), own in table.groupby(["model", "label", "day"], sort=False,
                                                  dropna=False):  # fmt: skip
        said = ", ".join(f"{n} {word}" for word, n in own["phenotype"].value_counts().items())
        arm = label or "All animals"
        when = f", day {day:g}" if np.isfinite(day) else ""
        rows.append({"model": model, "sentence": f"{arm}{when}: of {len(own)}, {said}."})
    return rows


def _animals(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    dense = {(row["model"], row["animal"], row["day"], row["marker"]): row
             for row in stack(results, "tissue")}  # fmt: skip
    rows = []
    for row in stack(results, "phenotypes"):
        measured = [dense[key] for key in dense if key[:2] == (row["model"], row["animal"])
                    and (key[2] == row["day"] or key[2] != key[2])]  # fmt: skip
        rows.append(
            row
            | {
                "label": study.label(str(row["arm"])) if row["arm"] else "",
                "p": [number(row[f"p_{kind}"], 2) for kind in ("desert", "excluded", "inflamed")],
                "densities": "; ".join(_density(one) for one in measured),
                "apart": "; ".join(_contact(one) for one in measured if np.isfinite(one["k_low"])),
            }
        )
    return rows


def _density(row: Mapping[str, Any]) -> str:
    inside, outside = (number(row[f"{place}_per_mm2"], 0) for place in ("tumour", "stroma"))
    return f"{row['marker']} {inside} | {outside}"


def _contact(row: Mapping[str, Any]) -> str:
    chance = f"{number(row['k_low'], 2)} to {number(row['k_high'], 2)}"
    return f"{row['marker']} {number(row['k'], 2)} ({chance})"


def _shares(results: Sequence[Result]) -> list[dict[str, Any]]:
    rows = []
    for result in results:
        own = result.estimates[result.estimates["estimand"].isin(SHARES)]
        for row in own.to_dict("records"):
            plus = "+" if row["estimand"] == SHARES[1] and row["value"] > 0 else ""
            value, low, high = (number(100 * row[name], 0) for name in ("value", "low", "high"))
            rows.append(row | {"text": f"{plus}{value}% ({low} to {high}%)", "n": f"{row['n']:g}",
                               "kind": row["endpoint"].removeprefix("tissue: ")})  # fmt: skip
    return rows


def _cuts(results: Sequence[Result]) -> str:
    given = next((r.options["tissue"] for r in results if "tissue" in r.options), None)
    if given is None:
        return ""
    said = [f"{name} {inside:g} per mm² in the tumour, {outside:g} in the stroma"
            for name, inside, outside in given["cuts"]]  # fmt: skip
    return (
        f"{'; '.join(said)}; keeping away from tumour cells is less than "
        f"{given['avoidance']:.2f} of the contacts within {given['radius_k_um']:g} µm that "
        f"shuffled labels give; the margin reaches {given['margin_um']:g} µm to either side"
    )


SECTIONS = (Section("tissue", "Desert, excluded or inflamed", "Tissue", tissue_content),)
