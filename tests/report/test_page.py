"""The page opens offline, shows every answer, and is safe against hostile names."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import ESTIMATE_COLUMNS, Result
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.page import page_html
from smartcombo.report.sections.growth import answers
from smartcombo.report.sections.whole import MOST_OF_A_KIND, finding_rows
from smartcombo.study.model import Study

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def example(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


@pytest.fixture(scope="module")
def page(example: Study, example_results: list[Result]) -> str:
    return page_html(example, example_results, {"version": "test"})


def _markup(page: str) -> str:
    """Return the page without its scripts and downloads."""
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    return re.sub(r'href="data:[^"]*"', 'href="data"', bare)


def test_the_page_asks_for_nothing_from_outside(page: str) -> None:
    markup = _markup(page)
    assert not re.search(r'<(?:script|img|iframe|link)[^>]+(?:src|href)="', markup)
    assert not re.search(r"@import|url\(", markup)
    links = re.findall(r'href="(https?://[^"]+)"', markup)
    assert links
    assert all(link.startswith("https://doi.org/") for link in links)


def test_every_link_inside_the_page_leads_somewhere(page: str) -> None:
    ids = set(re.findall(r'id="([^"]+)"', page))
    for target in re.findall(r'href="#([^"]+)"', _markup(page)):
        assert target in ids, target


def test_every_figure_has_its_place_its_data_and_its_method(
    page: str, example: Study, example_results: list[Result]
) -> None:
    figures = figures_of(example, example_results)
    for figure in figures:
        assert f'id="drawing-{figure.id}"' in page
        assert f'download="{figure.id}.csv"' in page
    assert page.count('href="#method-') == len(figures)


def test_each_combination_has_four_cards_with_their_words(
    example: Study, example_growth: Result
) -> None:
    for answer in answers(example, [example_growth]):
        assert [card.question for card in answer.cards] == ["Q1", "Q2", "Q3", "Q4"]
        for card in answer.cards:
            assert card.verdict
            assert card.lines
            assert re.search(r"\d", card.lines[0])


def test_a_synthetic_page_says_so_at_every_table(page: str) -> None:
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    assert len(captions) >= 7
    assert all("SYNTHETIC" in caption for caption in captions)
    assert "no animal was involved" in page


def test_the_page_tells_how_many_animals_of_each_arm_respond(page: str, example: Study) -> None:
    section = page[page.index('id="section-response"') : page.index('id="section-progression"')]
    assert "Calls by arm" in section
    for arm in example.arms:
        assert arm.label in section
    assert "independent action" in section


def test_the_page_tells_how_long_tumours_need_to_progress(page: str, example: Study) -> None:
    section = page[page.index('id="section-progression"') : page.index('id="section-robustness"')]
    assert "Log-rank test over all arms" in section
    assert "restricted mean difference" in section
    assert "hazard ratio" in section
    assert "Growth delay to the target" in section
    assert "at every rank correlation from" in section
    assert "Survival: the four questions" in section
    for arm in example.arms:
        assert arm.label in section


def test_a_page_of_measured_data_never_says_synthetic(
    example: Study, example_growth: Result
) -> None:
    real = replace(example, synthetic=False, id="measured", title="Measured")
    info: dict[str, object] = {}
    assert "SYNTHETIC" not in _markup(page_html(real, [example_growth], info))


def test_names_from_a_table_cannot_become_code(example: Study, example_growth: Result) -> None:
    hostile = '<img src=x onerror="alert(1)"></script><script>alert(2)</script>'
    arms = tuple(replace(arm, label=hostile + arm.id) for arm in example.arms)
    text = page_html(replace(example, arms=arms, title=hostile), [example_growth], {})
    assert "<img src=x" not in text
    assert "<script>alert(2)" not in text


def test_many_findings_of_a_kind_are_folded_and_counted(
    example: Study, example_growth: Result
) -> None:
    finding = sc.Finding("unit-slip", "warning", "x", "y", "z", file="v.csv", row=1)
    many = tuple(replace(finding, row=row) for row in range(2, 42))
    rows = finding_rows(replace(example, findings=many), [])
    assert len(rows) == MOST_OF_A_KIND + 1
    assert rows[-1]["more"] == 40 - MOST_OF_A_KIND
    assert "and 34 more" in page_html(replace(example, findings=many), [example_growth], {})


def test_the_run_folder_keeps_the_fixed_columns(
    example: Study, example_growth: Result, tmp_path: Path
) -> None:
    out = sc.report(example, example_growth, to=tmp_path / "report.html")
    assert out.is_file()
    assert tuple(example_growth.estimates.columns) == ESTIMATE_COLUMNS


def test_a_browser_draws_every_figure_without_an_error(
    page: str, example: Study, example_results: list[Result], tmp_path: Path
) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium: install it to draw the page")
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--v=0",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom",
        file.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert said == []
    drawn = re.findall(r'id="drawing-([^"]+)"[^>]*>.*?<svg', done.stdout, flags=re.DOTALL)
    expected = figures_of(example, example_results)
    assert set(drawn) == {figure.id for figure in expected}
    assert pd.Series(drawn).is_unique
