"""The decision memo: what it says, that it is true to its tables, and that two pages hold it."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ranking"))
sys.path.insert(0, str(Path(__file__).parent))
from dossiers import FAIR, GOOD, TOXIC, made
from longest import longest

import smartcombo as sc
from smartcombo.ranking import Decision, DecisionRefused, Dossier, append_decision, read_decisions
from smartcombo.report.memo import Memo, memo_of, write_memo, write_memos
from smartcombo.report.memo.lengths import BREAK, PAGES, capped, cut, listed, wide
from smartcombo.report.memo.numbers import WORDINGS, raw, said
from smartcombo.report.memo.pages import memo_html, memo_pdf, print_scale

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    """Return the ranked SYNTHETIC programme."""
    from smartcombo.evidence.programme_example import write_example_programme

    programme = sc.read_programme(write_example_programme(tmp_path_factory.mktemp("programme")))
    return sc.ranking.dossier_of(programme, sc.evidence.gather(programme))


@pytest.fixture(scope="module")
def memos(dossier: Dossier) -> dict[str, Memo]:
    """Return the memo of each candidate."""
    return {name: memo_of(dossier, name) for name in dossier.ranking.summary["candidate"]}


def pages_of(pdf: bytes) -> int:
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(pdf)).pages)


def text_of(pdf: bytes) -> str:
    from pypdf import PdfReader

    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.replace(BREAK, "").split())


def test_the_default_is_the_first_placed(dossier: Dossier, memos: dict[str, Memo]) -> None:
    first = dossier.ranking.summary.iloc[0]["candidate"]
    assert memo_of(dossier) == memos[first]


def test_the_verdict_says_the_word_the_gain_its_interval_and_animals(dossier, memos) -> None:
    pooled = dossier.evidence.pooled.query("measure == 'gain_over_ici'").set_index("candidate")
    words = dossier.evidence.verdicts.set_index("candidate")["word"]
    for name, memo in memos.items():
        assert memo.word == words[name]
        if memo.word == "stopped":
            continue
        row = pooled.loc[name]
        for number in (row["value"], row["high"]):
            assert f"{100 * (1 - math.exp(-number)):.0f}%" in memo.verdict
        assert f"{row['n']:.0f} animals" in memo.verdict


def test_a_stopped_candidate_says_which_gate_and_has_no_place(dossier, memos) -> None:
    stopped = [memo for memo in memos.values() if memo.word == "stopped"]
    assert len(stopped) == 2
    for memo in stopped:
        assert memo.place.startswith("No place: a gate stops it")
        assert memo.gates[0].state == "stops"
        assert memo.sides.opposing[0].startswith("A gate stops it: ")
    assert any("5 of 9 animals past the protocol's weight limit" in m.verdict for m in stopped)


def test_three_numbers_are_the_weightiest_estimated_criteria(dossier, memos) -> None:
    heaviest = dossier.criteria.sort_values("weight", ascending=False)["title"].head(2).tolist()
    for memo in memos.values():
        assert len(memo.numbers) == 3
        assert [one.title for one in memo.numbers[:2]] == heaviest
        for one in memo.numbers:
            assert one.interval.startswith("95% interval ")
            assert re.match(r"\d+ animals, \d stud", one.n)
            assert one.sign.startswith("plus: ")
            assert 0 <= one.low <= one.at <= one.high <= 100


def test_numbers_carry_the_interval_that_the_verdict_goes_by(dossier, memos) -> None:
    """Three studies agree on synergy, yet the mean over studies is not clear of none."""
    name = "SYN-E + anti-PD-1 | SYN-MEL"
    row = dossier.evidence.pooled.set_index(["candidate", "measure"]).loc[name, "interaction"]
    assert row["low"] < 0 < row["high"]
    number = memos[name].numbers[1]
    assert (number.word, number.value) == ("inconclusive", "49% smaller")
    assert "15% larger to 78% smaller" in number.interval
    assert "by study: 2 for, 1 neither" in number.n
    assert any("inconclusive" in one for one in memos[name].sides.unknown)


def test_less_is_better_is_drawn_to_the_right(memos) -> None:
    loss = {name: memo.numbers[2].at for name, memo in memos.items()}
    toxic = loss["SYN-B + anti-PD-1 | SYN-MEL"]
    assert toxic == min(loss.values())
    zero = memos["SYN-B + anti-PD-1 | SYN-MEL"].numbers[2].zero
    assert zero == 100.0


def test_reasons_for_and_against_stay_apart_and_both_are_always_there(dossier, memos) -> None:
    verdicts = dossier.evidence.verdicts.set_index("candidate")
    for name, memo in memos.items():
        told = verdicts.loc[name, "answers_for"] + verdicts.loc[name, "answers_against"]
        for side, column in ((memo.sides.supporting, "answers_for"),
                             (memo.sides.opposing, "answers_against")):  # fmt: skip
            assert side
            assert not set(side) & set(memo.sides.unknown)
            count = verdicts.loc[name, column]
            assert side[-1].startswith(f"{count} of the {told} answers that take a side")
    robust = memos["SYN-E + anti-PD-1 | SYN-MEL"].sides
    assert any("depletion of CD8 T cells" in one for one in robust.supporting)
    assert any("Weight lost against vehicle: 3.6% less" in one for one in robust.opposing)
    hotter = memos["SYN-C + anti-PD-1 | SYN-CRC"].sides
    assert any("class added nothing in patients" in one for one in hotter.opposing)


def test_what_is_known_to_go_wrong_stands_against_it(memos) -> None:
    against = memos["SYN-B + anti-PD-1 | SYN-MEL"].sides.opposing
    assert any(one.startswith("Known of SYN-B: weight loss") for one in against)


def test_a_variant_in_which_the_leader_changes_is_said(dossier, memos) -> None:
    changed = dossier.ranking.variants.query("same_leader == False")
    assert len(changed) == 1
    first = memos[dossier.ranking.summary.iloc[0]["candidate"]]
    line = next(one for one in first.mind if one.startswith("Its place differs"))
    assert changed["variant"].iloc[0] in line
    assert "then SYN-E + anti-PD-1 in SYN-CRC leads" in line


def test_next_experiments_have_animals_and_a_chance(dossier, memos) -> None:
    table = dossier.experiments
    for name, memo in memos.items():
        own = table[table["candidate"] == name].head(3)
        assert [one.animals for one in memo.experiments] == [f"{n:.0f}" for n in own["animals"]]
        for one, p in zip(memo.experiments, own["p_change"], strict=True):
            assert one.change == ("below 1%" if p < 0.01 else f"{100 * p:.0f}%")


def test_decisions_are_shown_with_their_dissent_newest_first(tmp_path, dossier) -> None:
    name = dossier.ranking.summary.iloc[0]["candidate"]
    doubt = ("B. Doubter: weights fall",)
    hold = Decision(name, "hold", "A. Leader", "2026-03-01", ("wait",), doubt, "a repeat")
    go = Decision(name, "advance", "A. Leader", "2026-04-01", ("it repeats",), (), supersedes=1)
    append_decision(tmp_path, hold, dossier)
    append_decision(tmp_path, go, dossier)
    memo = memo_of(replace(dossier, decisions=read_decisions(tmp_path)))
    new, old = memo.decisions
    assert new.head == "2. advance, 2026-04-01, A. Leader"
    assert (new.dissent, old.dissent) == ("Dissent: none", "Dissent: B. Doubter: weights fall")
    assert "superseded by decision 2" in old.state
    assert "changed since" not in old.state
    grown = replace(dossier, decisions=read_decisions(tmp_path), inputs=dossier.inputs.iloc[:-1])
    assert "the inputs have changed since" in memo_of(grown).decisions[0].state


def test_a_blinded_dossier_gives_a_blinded_memo(dossier) -> None:
    """Nothing but the dossier is read: a name that is not in its tables is in no memo."""
    blind = made(synthetic=True)
    told = memo_html(memo_of(blind, FAIR))
    assert "SYN-" not in told
    assert "B + ICI in MEL" in told


def test_an_unknown_candidate_is_refused_with_those_there_are(dossier) -> None:
    with pytest.raises(DecisionRefused, match=r"Did you mean (?s:.*)SYN-B"):
        memo_of(dossier, "SYN-E + anti-PD-1")


def test_html_and_pdf_say_synthetic_and_that_no_patient_benefits(memos) -> None:
    memo = next(iter(memos.values()))
    for page in (memo_html(memo), text_of(memo_pdf(memo))):
        assert "SYNTHETIC: simulated studies" in page
        assert "Nothing here says that a patient will benefit." in page
        assert memo.question in page.replace("&#43;", "+")
    real = memo_of(made())
    assert "SYNTHETIC" not in memo_html(real)
    assert "SYNTHETIC" not in text_of(memo_pdf(real))


def test_html_needs_no_script_and_no_network(memos) -> None:
    page = memo_html(next(iter(memos.values())))
    assert "<script" not in page
    assert "http" not in page
    assert "src=" not in page


def test_a_memo_has_no_time_of_day_and_the_same_bytes_twice(memos) -> None:
    for memo in memos.values():
        assert memo_pdf(memo) == memo_pdf(memo)
        assert b"CreationDate" not in memo_pdf(memo)
        assert memo_html(memo) == memo_html(memo)


def test_texts_are_never_markup(memos) -> None:
    rude = '#panic("x") *bold* $x^2$ <b>bold</b> {{ memo }} \\ @here // gone'
    memo = replace(next(iter(memos.values())), verdict=rude, mind=(rude,))
    assert rude.replace(" ", "") in text_of(memo_pdf(memo)).replace(" ", "")
    page = memo_html(memo)
    assert "<b>bold" not in page
    assert "{{ memo }}" in page


def test_every_memo_of_the_example_has_two_pages(memos) -> None:
    for memo in memos.values():
        assert pages_of(memo_pdf(memo)) == PAGES
        assert print_scale(memo) == 1.0


@pytest.mark.parametrize("wide_letters", [False, True])
@pytest.mark.parametrize("candidate", [GOOD, TOXIC])
def test_the_longest_memo_has_two_pages(candidate: str, wide_letters: bool) -> None:
    memo = memo_of(longest(wide=wide_letters), candidate)
    pdf = memo_pdf(memo)
    assert pages_of(pdf) == PAGES
    assert "Nothing here says that a patient will benefit." in text_of(pdf)
    assert "more: see the page of the programme" in text_of(pdf)
    assert print_scale(memo) < 1


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to print with")
@pytest.mark.parametrize("wide_letters", [False, True])
@pytest.mark.parametrize("candidate", [GOOD, TOXIC])
def test_a_browser_prints_the_longest_memo_on_two_pages(tmp_path, candidate, wide_letters) -> None:
    assert printed(tmp_path, memo_of(longest(wide=wide_letters), candidate)) == PAGES


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to print with")
def test_a_browser_prints_a_memo_of_the_example_on_two_pages(tmp_path, memos) -> None:
    assert printed(tmp_path, memos["SYN-E + anti-PD-1 | SYN-MEL"]) == PAGES


def printed(folder: Path, memo: Memo) -> int:
    """Return the pages a browser prints of a memo."""
    (folder / "memo.html").write_text(memo_html(memo), encoding="utf-8")
    subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--print-to-pdf={folder / 'memo.pdf'}", (folder / "memo.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return pages_of((folder / "memo.pdf").read_bytes())


def test_the_longest_memo_keeps_its_limits() -> None:
    """Twice as much text makes no longer memo: what is shown has a limit everywhere."""
    one, two = (wide(asdict(memo_of(longest(letters=n)))) for n in (600, 1200))
    assert two <= one * 1.02


def test_without_the_extra_pdf_the_message_names_it(monkeypatch, tmp_path, memos) -> None:
    monkeypatch.setattr("smartcombo.report.memo.pages.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'smartcombo\[pdf\]'"):
        memo_pdf(next(iter(memos.values())))
    written = write_memos(made(), tmp_path)
    assert [path.suffix for path in written] == [".html"] * 3


def test_a_memo_of_each_candidate_is_named_by_its_place(tmp_path) -> None:
    written = write_memos(made(), tmp_path / "memos")
    places = [path.name.partition("-")[0] for path in written]
    assert places == ["1", "1", "2", "2", "stopped", "stopped"]
    assert [path.suffix for path in written] == [".html", ".pdf"] * 3
    assert len(write_memos(made(), tmp_path / "one", [FAIR])) == 2


def test_another_ending_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"expected a file that ends in \.html or \.pdf"):
        write_memo(made(), tmp_path / "memo.docx")


@pytest.mark.parametrize(
    ("measure", "numbers", "expected"),
    [
        ("gain_over_ici", (1.36, 1.12, 1.61), ("74% smaller", "67 to 80%")),
        ("gain_over_ici", (-0.86, -1.3, -0.43), ("2.4 times as large", "1.5 to 3.7")),
        ("gain_over_ici", (-0.4, -0.6, -0.1), ("49% larger", "11 to 82%")),
        ("interaction", (0.68, -0.14, 1.5), ("49% smaller", "15% larger to 78% smaller")),
        ("gain_over_ici", (-1.5, -2.0, 0.1),
         ("4.5 times as large", "7.4 times as large to 10% smaller")),
        ("weight_loss", (0.0364, 0.0035, 0.0693), ("3.6% less", "0.3 to 6.7%")),
        ("weight_loss", (-0.02, -0.05, 0.01), ("2.0% more", "5.1% more to 1.0% less")),
        ("inflamed_by_molecule", (1.0, 0.5, 2.0), ("2.0-fold inflammation", "1.4 to 4.0")),
        ("response_over_ici", (0.25, 0.1, 0.4),
         ("25 more of 100 animals responding", "10 to 40")),
        ("response_over_ici", (0.0, -0.39, 0.39),
         ("0 more of 100 animals responding", "39 fewer to 39 more")),
        ("published_response", (math.log(3), 0.0, math.log(9)),
         ("3.0-fold odds of response", "1.0 to 9.0")),
    ],
)  # fmt: skip
def test_estimates_are_said_as_readers_say_them(measure, numbers, expected) -> None:
    assert said(measure, *numbers, "log ratio") == expected


def test_every_estimated_measure_has_its_words() -> None:
    from smartcombo.evidence.programme_measures import MEASURES

    assert set(WORDINGS) == set(MEASURES)


def test_the_estimate_itself_stays_beside_its_words() -> None:
    assert raw(1.363, 0.827, 1.9, "log ratio") == "log ratio +1.36 (0.83 to 1.90)"
    assert raw(-0.5, -1.0, 0.1, "log2") == "log2 −0.50 (−1.00 to 0.10)"


def test_what_is_cut_is_cut_after_a_word_and_says_so() -> None:
    assert cut("a short text") == "a short text"
    assert cut("one two three four", 12) == "one two…"
    assert cut("x" * 60, 200).count(BREAK) == 4
    assert cut("x" * 60, 200).replace(BREAK, "") == "x" * 60
    assert capped(["a", "b", "c"], 1) == ("a", "and 2 more: see the page of the programme")
    assert capped(["a"], 1) == ("a",)
    assert listed("abcde") == "a, b, c and 2 more"


@pytest.mark.parametrize("letter", ["W", "漢", "i", "é"])
def test_wide_letters_count_as_more(letter: str) -> None:
    assert wide(cut(letter * 300, 100).replace(BREAK, "")) <= 100


def test_a_criterion_without_a_value_is_said_not_left_out() -> None:
    base = made()
    empty = base.ranking.criteria.assign(value=float("nan"), low=float("nan"), high=float("nan"))
    memo = memo_of(replace(base, ranking=replace(base.ranking, criteria=empty)))
    assert [one.value for one in memo.numbers] == ["no value"] * 3
    assert pages_of(memo_pdf(memo)) == PAGES


def test_a_gate_that_nothing_answers_is_not_said_to_have_failed() -> None:
    """Silence about randomisation is not "not randomised"; about a species, not "another"."""
    base = made()
    silent = pd.DataFrame({"candidate": FAIR, "gate": ["species", "toxicity", "randomised"],
                           "passed": None, "severity": "stop", "reason": "not stated"})  # fmt: skip
    verdicts = base.evidence.verdicts.copy()
    verdicts.loc[verdicts["candidate"] == FAIR, "cautions"] = (
        "species; toxicity; one_model; randomised"
    )
    gates = pd.concat([base.evidence.gates, silent], ignore_index=True)
    memo = memo_of(
        replace(base, evidence=replace(base.evidence, gates=gates, verdicts=verdicts)), FAIR
    )
    told = "open: one tumour model; not known: target species, toxicity, randomisation."
    assert memo.verdict.endswith(told)
    assert "not randomised" not in memo_html(memo)
    assert "another species" not in memo_html(memo)
    assert [one.state for one in memo.gates] == ["not answered"] * 3 + ["caution"]


def test_without_a_checkpoint_inhibitor_the_first_partner_is_named() -> None:
    """Q2 then compares with the agent named first: nobody was given an inhibitor."""
    base = longest()
    agents = pd.DataFrame([("irinotecan", "other"), ("rabusertib", "other")],
                          columns=["agent", "kind"]).assign(liabilities="")  # fmt: skip
    given = pd.DataFrame([("A + ICI", "x", "irinotecan; rabusertib")],
                         columns=["combination", "title", "agents"])  # fmt: skip
    page = memo_html(memo_of(replace(base, agents=agents, combinations=given), GOOD))
    assert "checkpoint inhibitor" not in page
    assert "than with irinotecan alone" in page
    assert "in tumours of rabusertib alone" in page
    inhibited = agents.assign(kind=["checkpoint-inhibitor", "other"])
    page = memo_html(memo_of(replace(base, agents=inhibited, combinations=given), GOOD))
    assert "than with the checkpoint inhibitor alone" in page


def test_a_dossier_without_decisions_experiments_or_grades_is_a_memo() -> None:
    memo = memo_of(made(decisions=pd.DataFrame()))
    assert memo.decisions == memo.experiments == memo.grades == ()
    assert "smartcombo decide" in memo.decisions_note
    assert pages_of(memo_pdf(memo)) == PAGES
