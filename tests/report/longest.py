"""A dossier with more and longer of everything than two pages could ever hold."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from dossiers import GOOD, TOXIC, made

from smartcombo.evidence.programme_evidence import CLAIM_COLUMNS, GRADE_COLUMNS, POOLED_COLUMNS
from smartcombo.ranking import Decision, Dossier, Ranking
from smartcombo.ranking.decisions import DECISION_COLUMNS

WORDS = (
    "the tumours of three independent studies with the molecule in a dose that patients reach were "
    "measured by somebody who did not know the arm and the animals were given to arms by lot while "
    "a fourth study of the same design that another laboratory made did not show the same gain so "
    "that nobody can say yet whether the schedule or the strain of the animals is behind it and "
)
MANY = 9


def text(letters: int) -> str:
    """Return so many letters of plain words."""
    return (WORDS * (letters // len(WORDS) + 1))[:letters].strip()


def longest(*, letters: int = 600, wide: bool = False) -> Dossier:
    """Return the dossier; ``wide`` writes everything in capitals without a space."""
    base = made(synthetic=True)
    filler = "W" * letters if wide else text(letters)
    evidence = replace(
        base.evidence,
        gates=_gates(filler), verdicts=_verdicts(base, filler), grades=_grades(filler),
        claims=_claims(filler), pooled=_pooled(),
    )  # fmt: skip
    return replace(
        base, title=filler, evidence=evidence, ranking=_ranking(base.ranking, filler),
        experiments=_experiments(filler), decisions=_decisions(filler),
        criteria=pd.DataFrame([
            ("gain", "gain_over_ici", 0.5), ("shift", "inflamed_by_molecule", 0.3),
            ("loss", "response_over_ici", 0.2),
        ], columns=["criterion", "measure", "weight"]),
    )  # fmt: skip


def _ranking(base: Ranking, filler: str) -> Ranking:
    """Return the ranking with nine candidates of long names; the first is the one told of."""
    rows = [
        base.summary.iloc[0].to_dict() | {
            "candidate": GOOD if k == 0 else f"{k} {filler}", "combination": f"{k} {filler}",
            "context": filler, "place": k + 1, "rank_high": MANY,
            "not_separated_from": "; ".join(f"{j} {filler[:200]} | M" for j in range(1, 8)),
        }
        for k in range(MANY)
    ]  # fmt: skip
    rows.append(base.summary[base.summary["candidate"] == TOXIC].iloc[0].to_dict())
    names = [row["candidate"] for row in rows[:MANY]]
    return replace(
        base,
        summary=pd.DataFrame(rows),
        reasons=pd.DataFrame([
            {"candidate": name, "side": side, "criterion": f"c{k}", "words": f"{k}: {filler}"}
            for name in (GOOD, TOXIC) for side in ("for", "against", "unknown") for k in range(MANY)
        ]),
        criteria=base.criteria.assign(title=filler),
        sensitivity=pd.DataFrame([
            {"variant": f"without {k} {filler}", "candidate": name, "place": 1 + (at + k) % MANY}
            for k in range(MANY) for at, name in enumerate(names)
        ]),
        pairwise=pd.DataFrame([{"above": names[1], "below": GOOD, "probability": 0.4}]),
    )  # fmt: skip


def _gates(filler: str) -> pd.DataFrame:
    return pd.DataFrame([
        {"candidate": name, "gate": f"gate_{k}_{filler[:60]}", "passed": passed,
         "severity": severity, "reason": filler}
        for name in (GOOD, TOXIC) for k in range(MANY)
        for passed, severity in ((False, "stop" if name == TOXIC else "caution"), (True, "caution"))
    ])  # fmt: skip


def _verdicts(base: Dossier, filler: str) -> pd.DataFrame:
    many = "; ".join(f"gate_{k}_{filler[:60]}" for k in range(MANY))
    table = base.evidence.verdicts.assign(cautions=many, reason=filler)
    table["word"] = [w if w == "stopped" else "promising, with cautions" for w in table["word"]]
    table.loc[table["word"] == "stopped", "stops"] = many
    return table


def _grades(filler: str) -> pd.DataFrame:
    rows = [
        {"candidate": name, "grade": grade, "letter": "C", "score": 5.0, "low": 3.0, "high": 7.0,
         "moves": f"C, {filler}: C", "gaps": filler}
        for name in (GOOD, TOXIC) for grade in ("rigour", "carry_over")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(GRADE_COLUMNS))


def _claims(filler: str) -> pd.DataFrame:
    rows = [
        {"claim": f"claim-{k}", "candidate": name, "kind": "literature", "subject": "combination",
         "study": f"s{k}", "question": "necessity", "topic": f"{k} {filler[:80]}",
         "direction": direction, "statement": filler, "citation": filler}
        for k in range(MANY) for name in (GOOD, TOXIC) for direction in ("for", "against")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def _pooled() -> pd.DataFrame:
    rows = [
        {"candidate": name, "measure": measure, "value": -1.0, "low": -2.5, "high": 1.5,
         "level": 0.95, "n": 1234, "studies": 12, "unit": "fraction of animals",
         "source": "claim-1; claim-2; claim-3"}
        for name in (GOOD, TOXIC)
        for measure in ("gain_over_ici", "inflamed_by_molecule", "response_over_ici")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(POOLED_COLUMNS))


def _experiments(filler: str) -> pd.DataFrame:
    return pd.DataFrame([
        {"candidate": name, "title": filler, "animals": 3200, "p_change": 0.4, "opens": ""}
        for name in (f"1 {filler}", GOOD) for _ in range(MANY)
    ])  # fmt: skip


def _decisions(filler: str) -> pd.DataFrame:
    told = Decision(GOOD, "advance", filler, "2026-03-01", (filler,), (filler,), filler, 1, filler)
    rows = [
        {"number": k, "date": told.date, "candidate": name, "action": told.action,
         "owner": told.owner, "reasons": filler, "dissent": filler, "change_mind": filler,
         "supersedes": 1, "superseded_by": 2, "despite_gate": filler, "place": 1,
         "verdict": "promising, with cautions", "inputs": "another", "sha256": "ab" * 32}
        for k in range(MANY) for name in (GOOD, TOXIC)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(DECISION_COLUMNS))
