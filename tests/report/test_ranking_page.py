"""The programme page: one file, true to its tables, and a ranking that the reader can move."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.evidence.programme_gates import SEVERITIES
from smartcombo.ranking import DECISION_COLUMNS, Dossier, Reweighting
from smartcombo.report.ranking.cases import weight_table
from smartcombo.report.ranking.figures import ranking_figures
from smartcombo.report.ranking.page import draws_of, page_html
from smartcombo.report.ranking.words import GATES, factor_text, gate_lines, percent

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RANK_JS = files("smartcombo.report") / "templates" / "ranking" / "rank.js"
WEIGHTS = ((35, 20, 10, 15, 10, 10), (0, 0, 0, 100, 0, 0), (5, 80, 1, 1, 1, 12), (1, 0, 1, 0, 0, 0))


@pytest.fixture(scope="module")
def page(example_dossier: Dossier) -> str:
    return page_html(example_dossier, {"version": "test"})


def _markup(page: str) -> str:
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    return re.sub(r'="data:[^"]*"', '="data"', bare)


def _data(page: str) -> dict:
    found = re.search(r'id="programme-data">(.*?)</script>', page, flags=re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def _in_browser(page: str, folder: Path, fragment: str = "") -> str:
    """Return the page as Chromium leaves it; fails on anything it says to the console."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium: install it to open the page")
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--v=0",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom",
        file.as_uri() + fragment,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    return done.stdout


def test_the_page_asks_for_nothing_from_outside_and_says_synthetic(page: str) -> None:
    markup = _markup(page)
    assert not re.search(r'<(?:script|iframe|link)[^>]+(?:src|href)="', markup)
    assert not re.search(r"@import|url\(", markup)
    links = re.findall(r'href="(https?://[^"]+)"', markup)
    assert links
    assert all(link.startswith("https://doi.org/") for link in links)
    captions = re.findall(r"<caption>([^<]*)</caption>", markup)
    told = [one for one in captions if not one.startswith(("Rigour", "Carry-over"))]
    assert len(told) >= 5
    assert all("SYNTHETIC" in one for one in told)


def test_every_candidate_is_on_the_page_and_a_gated_one_greyed_with_its_reason(
    page: str, example_dossier: Dossier
) -> None:
    markup = _markup(page)
    rows = re.findall(r'<tr class="gated">(.*?)</tr>', markup, flags=re.DOTALL)
    stopped = example_dossier.ranking.summary.query("gated")
    assert len(stopped) == 2
    for row in stopped.itertuples():
        own = [one for one in rows if row.combination in one and "stopped" in one]
        assert len(own) == 2
        assert str(row.stops).split(":")[0] in own[0]
    for name in example_dossier.ranking.summary["combination"]:
        assert name in markup


def test_every_cell_of_the_heat_map_is_the_number_of_its_table(
    page: str, example_dossier: Dossier
) -> None:
    shown = _data(page)["cells"]
    rows = example_dossier.ranking.criteria.set_index(["candidate", "title"])
    assert len(shown) == len(rows)
    for one in shown.values():
        row = rows.loc[one["candidate"], one["title"]]
        if np.isnan(row["value"]):
            assert one["value"] == row["status"]
            continue
        number = float(one["value"].split(" ")[0].replace("\u2212", "-"))
        assert number == pytest.approx(row["value"], abs=0.06 * max(1, abs(row["value"])))
    assert sum(bool(one["claims"]) for one in shown.values()) > len(shown) / 2


def test_a_cell_leads_to_studies_estimates_and_mice(page: str, example_dossier: Dossier) -> None:
    data = _data(page)
    gain = next(one for one in data["cells"].values() if one["title"].startswith("Gain over"))
    curves = data["mice"][gain["candidate"]]
    studies = {claim["study"] for claim in gain["claims"]}
    assert studies <= {curve["study"] for curve in curves}
    animals = example_dossier.mice.query("candidate == @gain['candidate']")["animal"].nunique()
    assert len({curve["animal"] for curve in curves}) == animals
    assert all(claim["n"] and "(" in claim["value"] for claim in gain["claims"])


def _by_node(draws: dict, weights: tuple[float, ...], folder: Path) -> list[dict]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js: install it to run the page's ranking")
    (folder / "draws.json").write_text(json.dumps(draws), encoding="utf-8")
    script = folder / "run.js"
    script.write_text(
        RANK_JS.read_text(encoding="utf-8")
        + f"const draws = JSON.parse(require('fs').readFileSync({json.dumps(str(folder))} + "
        "'/draws.json', 'utf8'));\n"
        f"console.log(JSON.stringify(smartcomboRank(draws, smartcomboCodes(draws), "
        f"{list(weights)})));\n",
        encoding="utf-8",
    )
    done = subprocess.run([node, str(script)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("geometric", [False, True])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_page_ranks_as_python_does_whatever_the_weights(
    example_dossier: Dossier, weights: tuple[float, ...], geometric: bool, tmp_path: Path
) -> None:
    again: Reweighting = replace(example_dossier.reweighting, geometric=geometric)
    ours, theirs = again.places(weights), _by_node(draws_of(again), weights, tmp_path)
    assert [one["candidate"] for one in theirs] == list(ours["candidate"])
    for column in ("score", "p_first", "p_top_third", "expected_rank"):
        # A near tie may turn with the last bit of a sum, in one draw of ten thousand.
        assert [one[column] for one in theirs] == pytest.approx(list(ours[column]), abs=3e-4)


def test_ties_share_their_places_in_the_page_too(example_dossier: Dossier, tmp_path: Path) -> None:
    codes = np.full((3, 2, 50), 7, dtype=np.uint16)
    codes[2] = 3
    again = replace(example_dossier.reweighting, candidates=("a", "b", "c"), criteria=("x", "y"),
                    titles=("x", "y"), codes=codes, low=0.0, step=0.1,
                    weights=np.array([0.5, 0.5]))  # fmt: skip
    theirs = {one["candidate"]: one for one in _by_node(draws_of(again), (1, 3), tmp_path)}
    ours = again.places((1, 3)).set_index("candidate")
    assert theirs["a"]["p_first"] == pytest.approx(0.5)
    for name in ("a", "b", "c"):
        assert theirs[name]["expected_rank"] == pytest.approx(ours.at[name, "expected_rank"])


def test_moving_a_weight_in_the_browser_ranks_as_python_does(
    page: str, example_dossier: Dossier, tmp_path: Path
) -> None:
    weights = WEIGHTS[1]
    drawn = _in_browser(page, tmp_path, "#weights=" + ",".join(map(str, weights)))
    body = re.search(r'<tbody id="places">(.*?)</tbody>', drawn, flags=re.DOTALL)
    assert body is not None
    order = re.findall(r'data-candidate="([^"]+)"', body.group(1))
    ours = example_dossier.reweighting.places(weights)
    assert order == list(ours["candidate"])
    firsts = re.findall(r'class="n first">([^<]+)<', body.group(1))
    assert [one.replace("&lt;", "<") for one in firsts] == [percent(p) for p in ours["p_first"]]
    assert "With your weights: 1 " in drawn


def test_a_cell_opens_in_the_browser(page: str, tmp_path: Path) -> None:
    drawn = _in_browser(page, tmp_path, "#cell=0-0")
    detail = re.search(r'<div id="detail".*?</section>', drawn, flags=re.DOTALL)
    assert detail is not None
    assert detail.group(0).count("<svg") >= 4
    assert "every animal" in detail.group(0)


def test_every_gate_has_words() -> None:
    assert set(GATES) == set(SEVERITIES)


def test_reasons_with_semicolons_stay_whole() -> None:
    text = "toxicity: 5 of 9 past; 0 of 9 dead; at most 10% allowed; one_model: studied in X; "
    text += "randomised: not answered (not stated: a; b)"
    assert gate_lines(text) == [
        "not passed: tolerated (5 of 9 past; 0 of 9 dead; at most 10% allowed)",
        "not passed: more than one model (studied in X)",
        "not known: randomised (not stated: a; b)",
    ]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [("log ratio", np.log(2), "2.00-fold (1.00 to 4.00)"), ("log2", 1.0, "2.00-fold"),
     ("log odds ratio", 0.0, "odds ratio 1.00"), ("fraction of animals", 0.3, "")],
)  # fmt: skip
def test_logarithms_are_also_said_as_factors(unit: str, value: float, said: str) -> None:
    low, high = (0.0, np.log(4)) if "(" in said else (np.nan, np.nan)
    assert factor_text(unit, value, low, high) == said


def test_figures_hold_their_numbers_and_words(example_dossier: Dossier) -> None:
    figures = {figure.id: figure for figure in ranking_figures(example_dossier)}
    assert {"ranking-places", "ranking-criteria", "ranking-forest-gain"} <= set(figures)
    places = figures["ranking-places"].data
    assert places.groupby("candidate")["probability"].sum().to_numpy() == pytest.approx(1)
    forest = figures["ranking-forest-gain"].data
    assert {"a study", "over its studies", "one new study"} <= set(forest["kind"])
    assert (forest["low"] <= forest["high"]).all()
    assert all(figure.alt and figure.caption and figure.synthetic for figure in figures.values())


def test_a_programme_in_which_everything_is_stopped_still_has_a_page(
    example_dossier: Dossier,
) -> None:
    ranking = example_dossier.ranking
    gone = ranking.summary.assign(gated=True, place=np.nan, group=np.nan)
    none = pd.DataFrame()
    again = example_dossier.reweighting
    empty = replace(
        example_dossier,
        ranking=replace(ranking, summary=gone, acceptability=ranking.acceptability.head(0),
                        variants=none, pairwise=ranking.pairwise.head(0)),
        reweighting=replace(again, candidates=(), codes=again.codes[:0]),
        experiments=example_dossier.experiments.head(0),
    )  # fmt: skip
    page = page_html(empty, {})
    assert "No candidate passes the gates" in page
    assert "No choice is left that an experiment could change" in page


def test_one_function_writes_the_page_of_a_study_and_of_a_programme(
    example_dossier: Dossier, tmp_path: Path
) -> None:
    written = sc.report(example_dossier, to=tmp_path / "ranking.html")
    assert example_dossier.title in written.read_text(encoding="utf-8")


def test_central_weights_are_shown_where_weights_are_not_fixed(example_dossier: Dossier) -> None:
    assert weight_table(example_dossier) == []
    options = {**example_dossier.ranking.options, "weights": "unknown"}
    open_weights = replace(example_dossier, ranking=replace(example_dossier.ranking,
                                                            options=options))  # fmt: skip
    rows = weight_table(open_weights)
    leader = example_dossier.ranking.summary["candidate"].iloc[0]
    assert leader in [row["id"] for row in rows]
    assert all(len(row["weights"]) == len(example_dossier.reweighting.criteria) for row in rows)
    assert "What one must care about" in page_html(open_weights, {})


def test_decisions_are_shown_with_dissent_and_what_they_were_taken_on(
    example_dossier: Dossier,
) -> None:
    row = dict.fromkeys(DECISION_COLUMNS, "") | {
        "number": 1, "date": "2026-03-01", "candidate": "SYN-E + anti-PD-1 | SYN-MEL",
        "action": "repeat", "owner": "A. Leader", "reasons": "a second model first",
        "dissent": "B. Doubter: too slow", "verdict": "promising", "place": 1.0, "rank_low": 1.0,
        "rank_high": 2.0, "sha256": "a" * 64, "supersedes": float("nan"),
    }  # fmt: skip
    page = page_html(replace(example_dossier, decisions=pd.DataFrame([row])), {})
    told = page[page.index('id="decisions"') :]
    for word in ("B. Doubter: too slow", "place 1 (1 to 2)", "a" * 12, "a second model first"):
        assert word in told
    assert "nan" not in told[: told.index("</table>")]
