"""A figure: its specification, its data, and the words that go with it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.theme import VEGA_LITE, Spec, arm_colours, theme
from smartcombo.study.model import Study

if TYPE_CHECKING:
    import altair

TABLE = "table"
MAX_DAY_LABELS = 16
SYNTHETIC = "SYNTHETIC DATA: simulated, not measured"


@dataclass(frozen=True)
class Figure:
    """One figure of the report.

    Attributes
    ----------
    id
        Stable name: file name and anchor.
    group
        What it shows, such as ``"every-mouse"``; the section of the page it belongs to.
    model
        Tumour model it belongs to.
    title, caption, alt
        Headline; what to look at and how to read the sign; the picture in words for those who
        cannot see it.
    spec
        Vega-Lite without its rows; it names the data set ``"table"``.
    data
        Rows behind the picture, shown and offered for download beside it.
    method_ids
        Ids of the methods that made the numbers.
    width, height
        Approximate size in px, before the page scales it.
    raw_spec
        The same picture on the raw axis, where a log axis is the default.
    synthetic
        Whether the data are simulated; the picture then says so.
    """

    id: str
    group: str
    model: str
    title: str
    caption: str
    alt: str
    spec: Spec
    data: pd.DataFrame
    method_ids: tuple[str, ...]
    width: int
    height: int
    raw_spec: Spec | None = None
    synthetic: bool = False

    def drawing(self, *, raw: bool = False) -> Spec:
        """Return the complete specification: rows inside, title and SYNTHETIC mark on top.

        Raises
        ------
        ValueError
            If the raw axis is asked of a figure that has none.
        """
        body = self.titled(raw=raw)
        return {**body, "datasets": {TABLE: records(_drawn(body, self.data))}}

    def titled(self, *, raw: bool = False) -> Spec:
        """Return the specification with title and SYNTHETIC mark, and without its rows.

        Raises
        ------
        ValueError
            If the raw axis is asked of a figure that has none.
        """
        body = self.raw_spec if raw else self.spec
        if body is None:
            raise ValueError(f"figure {self.id!r} has no raw-axis version; call drawing() instead")
        title: Spec = {"text": self.title}
        if self.synthetic:
            title["subtitle"] = SYNTHETIC
            title["subtitleColor"] = "#9a3412"
        return {**body, "title": title}

    @property
    def shared_data(self) -> pd.DataFrame:
        """Return the rows as they are handed on: made data says so in each."""
        return self.data.assign(data="SYNTHETIC") if self.synthetic else self.data

    def chart(self, *, raw: bool = False) -> altair.TopLevelMixin:
        """Return the figure as an Altair chart, for notebooks."""
        import altair

        chart: altair.TopLevelMixin = altair.Chart.from_dict(self.drawing(raw=raw))
        return chart


@dataclass(frozen=True)
class Context:
    """What a figure needs to know besides its rows: the study, the result, one tumour model."""

    study: Study
    result: Result
    model: str

    @property
    def colours(self) -> dict[str, str]:
        """Return the colour of each arm id."""
        return arm_colours(self.study.arms)

    def table(self, name: str) -> pd.DataFrame:
        """Return the rows of this tumour model; an empty table where the result has none."""
        table = self.result.tables.get(name)
        if table is None or "model" not in table.columns:
            return pd.DataFrame()
        return table[table["model"] == self.model].reset_index(drop=True)

    def estimates(self) -> pd.DataFrame:
        """Return the estimates of this tumour model."""
        rows = self.result.estimates
        return rows[rows["model"] == self.model].reset_index(drop=True)

    def arms_in(self, table: pd.DataFrame, column: str = "arm") -> list[str]:
        """Return the arm ids of a table in the study's order."""
        present = set(table[column])
        return [arm.id for arm in self.study.arms if arm.id in present]

    def label(self, arm: str) -> str:
        """Return the label of an arm, or its id where the study does not know it."""
        return self.labels.get(arm, arm)

    @property
    def labels(self) -> dict[str, str]:
        """Return the label of each arm id."""
        return {arm.id: arm.label for arm in self.study.arms}


def columns_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table by columns for JSON: a text that repeats is written once and counted."""
    found = []
    for name in table.columns:
        values = [_json(value) for value in table[name].tolist()]
        if not any(isinstance(value, str) for value in values):
            found.append({"name": str(name), "values": values})
            continue
        levels = list(dict.fromkeys(values))
        place = {value: k for k, value in enumerate(levels)}
        found.append({"name": str(name), "levels": levels, "codes": [place[v] for v in values]})
    return found


def _drawn(body: Spec, table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a specification speaks of: the rest need not travel with it."""
    said = json.dumps(body)
    return table[[name for name in table.columns if str(name) in said]]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON: six significant digits, missing as null, integers as integers."""
    columns = [[_json(value) for value in table[name].tolist()] for name in table.columns]
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _json(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    return value


def specification(body: Mapping[str, Any]) -> Spec:
    """Return a top-level specification: schema, theme, named data."""
    return {"$schema": VEGA_LITE, "config": theme(), "data": {"name": TABLE}, **body}


def colour_scale(context: Context, arms: Sequence[str]) -> Spec:
    """Return the colour scale of arm labels."""
    return {
        "domain": [context.label(arm) for arm in arms],
        "range": [context.colours[arm] for arm in arms],
    }


def panels(table: pd.DataFrame) -> Spec:
    """Return the facet over the column ``panel``, in the order of the rows."""
    order = list(dict.fromkeys(table["panel"]))
    return {"field": "panel", "type": "nominal", "title": None, "sort": order}


def readout_title(study: Study) -> str:
    """Return the axis title of the read-out: ``Tumour volume (mm³)``."""
    from smartcombo.report.words import unit_text

    name = study.readout.name[:1].upper() + study.readout.name[1:]
    return f"{name} ({unit_text(study.readout.unit)})"


def day_title(study: Study) -> str:
    """Return the axis title of time: what day 0 is."""
    return "Days since implant" if study.day_axis == "implant" else "Days since first dose"


def shown_days(table: pd.DataFrame) -> list[float]:
    """Return the days of a table that an axis labels: visits, thinned where they are many."""
    days = sorted(float(day) for day in table["day"].unique())
    step = -(-len(days) // MAX_DAY_LABELS)
    return days[::step]


def span(values: pd.Series, *, log: bool, pad: float = 0.04) -> list[float]:
    """Return a padded axis domain of finite values (positive ones on a log axis)."""
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers) & ((numbers > 0) | (not log))]
    if not len(numbers):
        return [0.1, 10.0] if log else [-1.0, 1.0]
    low, high = float(numbers.min()), float(numbers.max())
    if log:
        reach = max(math.log(high / low), 0.2) * pad
        return [low * math.exp(-reach), high * math.exp(reach)]
    reach = max(high - low, 1e-9) * pad
    return [low - reach, high + reach]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round ticks (1, 2, 5 or only 1 a decade) of a log axis."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    reach = math.log10(high / low)
    steps = (1, 2, 5) if reach < 2.2 else (1, 3) if reach < 3.2 else (1,)
    ticks = [float(f"{step * 10.0**decade:.6g}") for decade in decades for step in steps]
    return [tick for tick in ticks if low <= tick <= high]
