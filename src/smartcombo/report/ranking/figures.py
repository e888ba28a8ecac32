"""Figures of a ranked programme: rank acceptability, heat map, forest of each criterion."""

from __future__ import annotations

from typing import Any

import pandas as pd

from smartcombo.evidence.programme_measures import MEASURES
from smartcombo.ranking.dossier import Dossier
from smartcombo.report.figures.base import Figure, specification
from smartcombo.report.ranking.words import LIGHTS, percent
from smartcombo.report.theme import FAINT, INK, MUTED, Spec
from smartcombo.report.words import slug, with_interval

ROW = 24
FOREST_COLOURS = {"a study": MUTED, "over its studies": "#00795c", "shrunk": "#0072b2",
                  "one new study": "#c9a227"}  # fmt: skip
LABELS: Spec = {"labelLimit": 360, "labelColor": INK, "ticks": False, "domain": False}
SEVERAL = 2


def ranking_figures(dossier: Dossier) -> list[Figure]:
    """Return the figures that have something to show, in the page's order."""
    found = [acceptability(dossier), heat_map(dossier)]
    found += [forest(dossier, one) for one in dossier.criteria.to_dict("records")]
    return [figure for figure in found if figure is not None]


def acceptability(dossier: Dossier) -> Figure | None:
    """Return how probable each place of each candidate is."""
    rows = dossier.ranking.acceptability
    if rows.empty:
        return None
    summary = dossier.ranking.summary.set_index("candidate")
    table = rows.assign(place=rows["rank"].astype(int))[["candidate", "place", "probability"]]
    order = [name for name in summary.index if name in set(table["candidate"])]
    body: Spec = {
        "width": 620,
        "height": ROW * len(order),
        "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 0.6},
        "encoding": {
            "y": {"field": "candidate", "type": "nominal", "sort": order, "title": None,
                  "axis": LABELS},
            "x": {"field": "probability", "type": "quantitative", "stack": "zero",
                  "scale": {"domain": [0, 1]}, "axis": {"format": "%", "grid": False},
                  "title": "probability of each place"},
            "color": {"field": "place", "type": "ordinal", "title": "place",
                      "scale": {"scheme": "tealblues", "reverse": True}},
            "order": {"field": "place"},
        },
    }  # fmt: skip
    return _figure(
        dossier, "ranking-places", "How sure is each place?", body, table,
        caption="Share of joint draws of all criteria and weights in which a candidate takes each "
        "place; darkest is first. Gated candidates have no place.",
        alt="Probability of the first place. " + "; ".join(
            f"{name}: {percent(summary.at[name, 'p_first'])}" for name in order) + ".",
        methods=("ranking.smaa/1",), size=(1000, ROW * len(order) + 90),
    )  # fmt: skip


def heat_map(dossier: Dossier) -> Figure | None:
    """Return every candidate on every criterion as traffic lights with numbers."""
    rows = dossier.ranking.criteria
    if rows.empty:
        return None
    order = list(dossier.ranking.summary["candidate"])
    titles = list(dossier.criteria["title"])
    table = rows[["candidate", "title", "value", "low", "high", "n", "unit", "status", "colour",
                  "word"]].reset_index(drop=True)  # fmt: skip
    table["text"] = [_cell_text(row) for row in table.to_dict("records")]
    base: Spec = {
        "x": {"field": "title", "type": "nominal", "sort": titles, "title": None,
              "axis": {"orient": "top", "labelAngle": -28, "labelAlign": "left",
                       "labelLimit": 300, "labelColor": INK, "ticks": False, "domain": False}},
        "y": {"field": "candidate", "type": "nominal", "sort": order, "title": None,
              "axis": LABELS},
    }  # fmt: skip
    names = list(LIGHTS)
    wash = {"field": "colour", "type": "nominal", "title": None, "legend": None,
            "scale": {"domain": names, "range": [LIGHTS[n].wash for n in names]}}  # fmt: skip
    ink = wash | {"scale": {"domain": names, "range": [LIGHTS[n].colour for n in names]}}
    body: Spec = {
        "width": 108 * len(titles),
        "height": 30 * len(order),
        "layer": [
            {"mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 2},
             "encoding": base | {"color": wash}},
            {"mark": {"type": "text", "fontSize": 12, "fontWeight": "bold"},
             "encoding": base | {"text": {"field": "text"}, "color": ink}},
        ],
        "resolve": {"scale": {"color": "independent"}},
    }  # fmt: skip
    return _figure(
        dossier, "ranking-criteria", "What is known of each candidate", body, table,
        caption="Raw values. Triangle up: the interval is wholly on the right side; circle: it is "
        "not, or few animals; triangle down: wholly on the wrong side; dash: no interval.",
        alt="; ".join(f"{r.candidate}, {r.title}: {r.text} {r.word}" for r in table.itertuples()),
        methods=("ranking.shrinkage/1",), size=(420 + 108 * len(titles), 30 * len(order) + 140),
    )  # fmt: skip


def _cell_text(row: dict[str, Any]) -> str:
    glyph = LIGHTS[row["colour"]].glyph
    return f"{glyph} {row['value']:.2f}" if row["value"] == row["value"] else "missing"


def forest(dossier: Dossier, criterion: dict[str, Any]) -> Figure | None:
    """Return one criterion: every study, the value over studies, what shrinkage makes of it."""
    measure = criterion["measure"]
    if measure not in MEASURES:
        return None
    rows = [row for row in _forest_rows(dossier, criterion) if row["low"] == row["low"]]
    if not rows:
        return None
    table = pd.DataFrame(rows)
    count, names = len(table), list(FOREST_COLOURS)
    colour: Spec = {"field": "kind", "type": "nominal", "title": None,
                    "scale": {"domain": names, "range": list(FOREST_COLOURS.values())}}  # fmt: skip
    y: Spec = {"field": "row", "type": "ordinal", "title": None, "sort": list(table["row"]),
               "axis": LABELS}  # fmt: skip
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": FAINT, "strokeDash": [3, 3]},
         "encoding": {"x": {"datum": 0}}},
        {"mark": {"type": "rule", "strokeWidth": 2},
         "encoding": {"y": y, "x": {"field": "low", "type": "quantitative",
                                    "title": f"{criterion['title']} ({criterion['unit']})"},
                      "x2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 62, "opacity": 1},
         "encoding": {"y": y, "x": {"field": "value", "type": "quantitative"}, "color": colour}},
    ]  # fmt: skip
    return _figure(
        dossier, slug("ranking-forest", criterion["criterion"]), criterion["title"],
        {"width": 560, "height": 19 * count, "layer": layers}, table,
        caption=f"{criterion['text'][:1].upper()}{criterion['text'][1:]}. Each study with its "
        "interval; over its studies with the study as the unit; where the true effect of one new "
        "study would lie, from three studies on; the value after shrinkage across candidates.",
        alt="; ".join(f"{r.row}: {with_interval(r.value, r.low, r.high)}"
                      for r in table.itertuples()) + ".",
        methods=("programme.measure/1", "ranking.shrinkage/1"), size=(1000, 19 * count + 90),
    )  # fmt: skip


def _forest_rows(dossier: Dossier, criterion: dict[str, Any]) -> list[dict[str, Any]]:
    pooled = dossier.evidence.pooled
    pooled = pooled[pooled["measure"] == criterion["measure"]].set_index("candidate")
    cells = dossier.ranking.criteria
    cells = cells[cells["criterion"] == criterion["criterion"]].set_index("candidate")
    claims = dossier.evidence.claims.drop_duplicates("claim").set_index("claim")
    sign = MEASURES[criterion["measure"]].sign
    rows: list[dict[str, Any]] = []
    for candidate in dossier.ranking.summary["candidate"]:
        if candidate not in pooled.index or pooled.at[candidate, "status"] != "ok":
            continue
        one, cell = pooled.loc[candidate], cells.loc[candidate]
        if one["studies"] >= SEVERAL:
            rows += _studies(claims, str(one["source"]).split("; "), candidate, sign)
        rows.append(_row(candidate, "over its studies", candidate, one["value"], one["low"],
                         one["high"], one["n"]))  # fmt: skip
        rows.append(_row(f"{candidate}: a new study", "one new study", candidate, one["value"],
                         one["predicted_low"], one["predicted_high"], one["n"]))  # fmt: skip
        if cell["kept"] < 1:
            rows.append(_row(f"{candidate}: shrunk", "shrunk", candidate, cell["shrunk"],
                             cell["shrunk_low"], cell["shrunk_high"], cell["n"]))  # fmt: skip
    return rows


def _studies(
    claims: pd.DataFrame, ids: list[str], candidate: str, sign: float
) -> list[dict[str, Any]]:
    """Return the claims behind a value, signed as the criterion counts."""
    rows = []
    for name in ids:
        if name not in claims.index:
            continue
        one = claims.loc[name]
        low, high = sorted((sign * float(one["low"]), sign * float(one["high"])))
        day = "" if pd.isna(one["day"]) else f", day {one['day']:g}"
        label = f"{candidate}: {one['study']}, {one['model']}{day}"
        rows.append(_row(label, "a study", candidate, sign * float(one["value"]), low, high,
                         one["n"]))  # fmt: skip
    return rows


def _row(
    label: str, kind: str, candidate: str, value: float, low: float, high: float, n: float
) -> dict[str, Any]:
    return {"row": label, "kind": kind, "candidate": candidate, "value": float(value),
            "low": float(low), "high": float(high), "n": float(n)}  # fmt: skip


def _figure(
    dossier: Dossier,
    name: str,
    title: str,
    body: Spec,
    table: pd.DataFrame,
    *,
    caption: str,
    alt: str,
    methods: tuple[str, ...],
    size: tuple[int, int],
) -> Figure:
    return Figure(
        id=name,
        group="ranking",
        model="programme",
        title=title,
        caption=caption,
        alt=alt,
        spec=specification(body),
        data=table,
        method_ids=methods,
        width=size[0],
        height=size[1],
        synthetic=dossier.synthetic,
    )
