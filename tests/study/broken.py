"""A small sound study, and one mistake at a time to make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ARMS = ("vehicle", "ici", "x", "both")
RATES = {"vehicle": 0.16, "ici": 0.13, "x": 0.14, "both": 0.09}
DAYS = (7, 10, 13, 16, 19)
MICE = 6

STUDY_TOML = """
[study]
id = "SOUND-1"
title = "A sound study"
day_axis = "implant"
baseline_day = 7
randomised = true
randomisation_method = "stratified by volume"

[model]
id = "CT26"

[[agent]]
id = "anti-PD-1"
names = ["aPD1"]
kind = "checkpoint-inhibitor"

[[agent]]
id = "compound X"
kind = "small-molecule"

[[arm]]
id = "vehicle"
agents = []

[[arm]]
id = "ici"
agents = [{ agent = "aPD1", dose = 10 }]

[[arm]]
id = "x"
agents = [{ agent = "compound X", dose = 50 }]

[[arm]]
id = "both"
agents = [{ agent = "aPD1", dose = 10 }, { agent = "compound X", dose = 50 }]

[tables.volumes]
file = "volumes.csv"
detection_limit = 10

[tables.animals]
file = "animals.csv"

[limits]
volume_mm3 = 2000
"""
PLAN_TOML = '[plan]\nprimary_question = "Q2"\nday = 19\n'


def mice() -> list[tuple[str, str]]:
    """Return animal and arm of every mouse."""
    return [(f"{arm[0]}{k + 1}", arm) for arm in ARMS for k in range(MICE)]


def volume(animal: str, arm: str, day: int) -> float:
    """Return a volume that grows along the arm's line, a little different in each mouse."""
    k = int(animal[1:])
    start = 60 + 6 * k
    wobble = 1 + 0.04 * ((k * 7 + day) % 5 - 2)
    return round(start * float(np.exp(RATES[arm] * (day - 7))) * wobble, 1)


def write_sound(folder: Path) -> Path:
    """Write the sound study: 24 mice, five visits."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY_TOML, encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN_TOML, encoding="utf-8")
    lines = ["animal,arm,day,volume_mm3"]
    lines += [f"{a},{arm},{day},{volume(a, arm, day)}" for a, arm in mice() for day in DAYS]
    (folder / "volumes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["animal,arm,cage,excluded,exclusion_reason,fate,fate_day"]
    lines += [f"{a},{arm},c{a[1:]},no,,alive-at-end,19" for a, arm in mice()]
    (folder / "animals.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def row_of(animal: str, day: int) -> int:
    """Return the spreadsheet row of a measurement in ``volumes.csv``."""
    order = [(a, d) for a, _ in mice() for d in DAYS]
    return order.index((animal, day)) + 2


@dataclass(frozen=True)
class Mistake:
    """What is done to the sound study, and what must be found."""

    code: str
    break_it: Callable[[Path], None]
    severity: str = "error"
    where: str = ""
    found: str = ""

    @property
    def id(self) -> str:
        """Return a name for the test."""
        return f"{self.code}-{self.found}".rstrip("-").replace(" ", "_")


def _edit(file: str, pattern: str, replacement: str, count: int = 1) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        changed = re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)
        assert changed != text, f"{pattern!r} is not in {file}"
        path.write_text(changed, encoding="utf-8")

    return change


def _cell(animal: str, day: int, text: str) -> Callable[[Path], None]:
    return _edit("volumes.csv", rf"^({animal},\w+,{day}),.*$", rf"\g<1>,{text}")


def _line(animal: str, day: int, line: str) -> Callable[[Path], None]:
    return _edit("volumes.csv", rf"^{animal},\w+,{day},.*$", line)


def _append(file: str, line: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as out:
            out.write(line + "\n")

    return change


def _toml(pattern: str, replacement: str) -> Callable[[Path], None]:
    return _edit("study.toml", pattern, replacement)


def _delete(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def _both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def weight(animal: str, arm: str, day: int) -> float:
    """Return a weight that a healthy mouse may have, with a little loss in two arms."""
    k = int(animal[1:])
    lost = {"x": 0.03, "both": 0.06}.get(arm, 0.0) * min(day - 7, 6) / 6
    return round((18 + 0.7 * k) * (1 - lost) * (1 + 0.004 * ((k * 5 + day) % 4 - 1)), 2)


def add_weights(folder: Path) -> None:
    """Weigh every mouse of the sound study at each visit; state the protocol's limit."""
    lines = ["animal,arm,day,weight_g"]
    lines += [f"{a},{arm},{day},{weight(a, arm, day)}" for a, arm in mice() for day in DAYS]
    (folder / "weights.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _toml(r"\[limits\]", '[tables.weights]\nfile = "weights.csv"\n\n[limits]\n'
          "weight_loss_fraction = 0.2")(folder)  # fmt: skip


def _weighed(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    return _both(add_weights, *changes)


def _grams(animal: str, day: int, text: str) -> Callable[[Path], None]:
    return _edit("weights.csv", rf"^({animal},\w+,{day}),.*$", rf"\g<1>,{text}")


def _all_weights(new: Callable[[str, str, int], float]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        lines = ["animal,arm,day,weight_g"]
        lines += [f"{a},{arm},{day},{new(a, arm, day):.6g}" for a, arm in mice() for day in DAYS]
        (folder / "weights.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return _weighed(change)


def _first_and_last_exchanged(a: str, arm: str, day: int) -> float:
    """Return weights that grow by a fifth, written down in reverse order."""
    return weight(a, "vehicle", 7) * (1 + 0.2 * (19 - day) / 12)


def _weigh_wide(heading: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        _toml(r'file = "weights\.csv"', 'file = "weights.csv"\nlayout = "wide"')(folder)
        header = ["animal", "arm", *(f"Day {d}" for d in DAYS[:-1]), heading]
        rows = [[a, arm, *(str(weight(a, arm, d)) for d in DAYS)] for a, arm in mice()]
        text = "\n".join(",".join(row) for row in [header, *rows]) + "\n"
        (folder / "weights.csv").write_text(text, encoding="utf-8")

    return _weighed(change)


def score(animal: str, arm: str, day: int) -> int:
    """Return a clinical score: a ruffled coat for some of the treated, a week after the start."""
    return int(arm in ("x", "both") and day in (13, 16) and int(animal[1:]) % 2 == 0)


def add_scores(folder: Path) -> None:
    """Score every mouse of the sound study at each visit; state scale and limit."""
    lines = ["animal,arm,day,clinical_score"]
    lines += [f"{a},{arm},{day},{score(a, arm, day)}" for a, arm in mice() for day in DAYS]
    (folder / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _toml(r"\[limits\]", '[tables.scores]\nfile = "scores.csv"\nhighest = 4\nwhole = true\n\n'
          "[limits]\nclinical_score = 3")(folder)  # fmt: skip


def _scored(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    return _both(add_scores, *changes)


def _points(animal: str, day: int, text: str) -> Callable[[Path], None]:
    return _edit("scores.csv", rf"^({animal},\w+,{day}),.*$", rf"\g<1>,{text}")


def _body_condition(folder: Path) -> None:
    """Write the scores as body condition: 3 is normal, 2 is thin."""
    lines = ["animal,arm,day,clinical_score"]
    lines += [f"{a},{arm},{day},{3 - score(a, arm, day)}" for a, arm in mice() for day in DAYS]
    (folder / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _toml("clinical_score = 3", "clinical_score = 4")(folder)


def _score_wide(folder: Path) -> None:
    _toml(r'file = "scores\.csv"', 'file = "scores.csv"\nlayout = "wide"')(folder)
    header = ["animal", "arm", *(f"Day {d}" for d in DAYS[:-1]), "Day 1O"]
    rows = [[a, arm, *(str(score(a, arm, d)) for d in DAYS)] for a, arm in mice()]
    text = "\n".join(",".join(row) for row in [header, *rows]) + "\n"
    (folder / "scores.csv").write_text(text, encoding="utf-8")


def _without_animals(folder: Path) -> None:
    _delete("animals.csv")(folder)
    _toml(r'\[tables\.animals\]\nfile = "animals\.csv"\n', "")(folder)


def _reused_ids(folder: Path) -> None:
    _without_animals(folder)
    _edit("volumes.csv", r"^[vixb](\d)", r"mouse \1", 0)(folder)


def _wide(heading: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        _toml(r'file = "volumes\.csv"', 'file = "volumes.csv"\nlayout = "wide"')(folder)
        header = ["animal", "arm", *(f"Day {d}" for d in DAYS[:-1]), heading]
        rows = [[a, arm, *(str(volume(a, arm, d)) for d in DAYS)] for a, arm in mice()]
        text = "\n".join(",".join(row) for row in [header, *rows]) + "\n"
        (folder / "volumes.csv").write_text(text, encoding="utf-8")

    return change


def _calipers(folder: Path) -> None:
    _toml(r'file = "volumes\.csv"', 'file = "volumes.csv"\nformula = "L*W^2/2"')(folder)
    rows = ["animal,arm,day,length,width"]
    for a, arm in mice():
        for day in DAYS:
            side = (2 * volume(a, arm, day)) ** (1 / 3)
            shape = (0.9, 1.1) if (a, day) == ("v1", 7) else (1.1, 0.9)
            rows.append(f"{a},{arm},{day},{shape[0] * side:.2f},{shape[1] * side:.2f}")
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _all_volumes(factor: Callable[[str, str, int], float]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        lines = ["animal,arm,day,volume_mm3"]
        for a, arm in mice():
            for day in DAYS:
                lines.append(f"{a},{arm},{day},{volume(a, arm, day) * factor(a, arm, day):.4f}")
        (folder / "volumes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


def _lose_vehicle(folder: Path) -> None:
    for k in range(1, MICE + 1):
        for day in (16, 19):
            _edit("volumes.csv", rf"^v{k},vehicle,{day},.*\n", "")(folder)
    _edit("animals.csv", r"^(v\d,.*),19$", r"\1,13", 0)(folder)


def _keep_two(folder: Path) -> None:
    for k in range(3, MICE + 1):
        _edit("volumes.csv", rf"^b{k},.*\n", "", 0)(folder)
        _edit("animals.csv", rf"^b{k},.*\n", "")(folder)


def _drop_arm(arm: str) -> Callable[[Path], None]:
    pattern = rf'\[\[arm\]\]\nid = "{arm}"\nagents = .*\n'

    def change(folder: Path) -> None:
        _toml(pattern, "")(folder)
        for file in ("volumes.csv", "animals.csv"):
            _edit(file, rf"^\w+,{arm},.*\n", "", 0)(folder)

    return change


def _regroup(column: str) -> Callable[[Path], None]:
    """Give each arm cages (or batches) of its own, three animals each."""

    def change(folder: Path) -> None:
        lines = [f"animal,arm,{column},excluded,exclusion_reason,fate,fate_day"]
        for a, arm in mice():
            lines.append(f"{a},{arm},{a[0]}{(int(a[1:]) - 1) // 3},no,,alive-at-end,19")
        (folder / "animals.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


V, W, S = "volumes.csv", "weights.csv", "scores.csv"
SECOND_ARM = (
    '[[arm]]\nid = "ici2"\nagents = [{ agent = "anti-PD-1", dose = 10 }]\n\n[tables.volumes]'
)
SECOND_MODEL = '[[model]]\nid = "CT26"\n\n[[model]]\nid = "MC38"'

TWICE_A_MODEL = SECOND_MODEL.replace("MC38", "CT26")
NO_LIMIT = _toml("detection_limit = 10\n", "")


def _one_mouse_a_model(folder: Path) -> None:
    """Put the first mouse of each arm in one model, the second in another."""
    models = "\n".join(f'[[model]]\nid = "M{k + 1}"\n' for k in range(MICE))
    _edit("study.toml", r'^\[model\]\nid = "CT26"\n', models)(folder)
    path = folder / V
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [f"{first},model", *(f"{line},M{line.split(',')[0][1:]}" for line in lines)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


MISTAKES = (
    Mistake("missing-file", _delete("study.toml"), where="study.toml"),
    Mistake("missing-file", _delete(V), where=V, found="animals.csv"),
    Mistake("missing-file", _toml(r'"volumes\.csv"', '"${NOT_SET_X}/v.csv"'), found="no such file"),
    Mistake("toml-syntax", _toml(r'id = "SOUND-1"', "id = SOUND-1"), where="study.toml"),
    Mistake("toml-syntax", _edit("plan.toml", r"day = 19", "day = day 19"), where="plan.toml"),
    Mistake("missing-key", _toml(r'^id = "SOUND-1"\n', ""), where="study.toml, column study.id"),
    Mistake("unknown-key", _toml(r"baseline_day", "baselin_day"), found="study.baselin_day"),
    Mistake("bad-value", _toml(r'"implant"', '"birth"'), where="study.toml", found="'birth'"),
    Mistake("bad-value", _edit("plan.toml", r"day = 19", "level = 95"), where="plan.toml"),
    Mistake("bad-value", _edit("animals.csv", r"^(v1,.*),no,", r"\1,perhaps,"),
            where="animals.csv, row 2, column excluded", found="'perhaps'"),
    Mistake("duplicate-agent", _toml(r'id = "compound X"', 'id = "anti-PD-1"')),
    Mistake("duplicate-arm", _toml(r'id = "x"', 'id = "ici"'), found="'ici'"),
    Mistake("duplicate-model", _toml(r'\[model\]\nid = "CT26"', TWICE_A_MODEL)),
    Mistake("unknown-agent", _toml(r'agent = "compound X"', 'agent = "compund X"'),
            found="'compund X'"),
    Mistake("same-treatment", _toml(r"\[tables\.volumes\]", SECOND_ARM), found="'ici2'"),
    Mistake("unknown-arm", _line("b1", 7, "b1,bth,7,80"), where=f"{V}, row {row_of('b1', 7)}",
            found="'bth'"),
    Mistake("unknown-model", _toml(r'\[model\]\nid = "CT26"', SECOND_MODEL), found="''"),
    Mistake("no-vehicle-arm", _drop_arm("vehicle"), "warning"),
    Mistake("no-combination-arm", _drop_arm("both"), "warning"),
    Mistake("missing-single-arm", _drop_arm("x"), "warning", found="compound X"),
    Mistake("empty-arm", _both(*(_edit(f, r"^\w+,x,.*\n", "", 0) for f in (V, "animals.csv"))),
            "warning", found="'x'"),
    Mistake("randomisation-not-stated", _toml(r"^randomised = true\n", ""), "warning"),
    Mistake("history-incomplete", _toml(r"\[limits\]", '[[history]]\nlabel = "2022"\n\n[limits]'),
            found="label"),
    Mistake("no-plan", _delete("plan.toml"), "note"),
    Mistake("missing-column", _edit(V, "volume_mm3", "size"), where=V, found="animal, arm, day"),
    Mistake("missing-column", _edit("animals.csv", "^animal", "who"), where="animals.csv"),
    Mistake("duplicate-column", _edit(V, "^animal,arm,day", "day,arm,day"), where=f"{V}, row 1"),
    Mistake("duplicate-column", _wide("Day 16"), found="'Day 16'"),
    Mistake("day-heading", _wide("Day 1O"), where=f"{V}, row 1", found="'Day 1O'"),
    Mistake("unreadable-table", _append(V, "v1,vehicle,7,8,9,10"), where=V),
    Mistake("empty-table", lambda f: (f / V).write_text("animal,arm,day,volume_mm3\n"), where=V),
    Mistake("text-in-number-cell", _cell("i2", 10, "b10"), where=f"{V}, row {row_of('i2', 10)}",
            found="'b10'"),
    Mistake("text-in-number-cell", _cell("i2", 10, "inf"), found="'inf'"),
    Mistake("text-in-number-cell", _cell("i2", 10, ">1500"), found="'>1500'"),
    Mistake("decimal-sign", _cell("i2", 10, '"91,5"'), where=f"{V}, row {row_of('i2', 10)}"),
    Mistake("missing-day", _line("x3", 13, "x3,x,,90"), where=f"{V}, row {row_of('x3', 13)}"),
    Mistake("missing-animal", _line("x3", 13, ",x,13,90"), where=f"{V}, row {row_of('x3', 13)}"),
    Mistake("duplicate-visit", _append(V, "v1,vehicle,10,77"), where=f"{V}, row 122"),
    Mistake("negative-volume", _cell("v2", 10, "-60"), where=f"{V}, row {row_of('v2', 10)}",
            found="-60 mm3"),
    Mistake("impossible-volume", _cell("v2", 19, "41000"), where=f"{V}, row {row_of('v2', 19)}"),
    Mistake("animal-in-two-arms", _line("v2", 13, "v2,ici,13,180"),
            where=f"{V}, row {row_of('v2', 13)}", found="vehicle and ici"),
    Mistake("ids-reused", _reused_ids, where=V),
    Mistake("no-baseline-visit", _toml("baseline_day = 7", "baseline_day = 8"), found="day 8"),
    Mistake("unit-slip", _cell("i3", 13, "10.1"), "warning", f"{V}, row {row_of('i3', 13)}"),
    Mistake("impossible-growth", _both(_line("i3", 10, "i3,ici,8,990")), "warning",
            f"{V}, row {row_of('i3', 10)}"),
    Mistake("over-limit", _both(_cell("v4", 16, "2100"), _cell("v4", 19, "2600")), "warning",
            f"{V}, row {row_of('v4', 19)}"),
    Mistake("missed-visit", _edit(V, r"^x2,x,13,.*\n", ""), "note", found="day 13"),
    Mistake("width-above-length", _calipers, "warning", f"{V}, row 2"),
    Mistake("detection-limit-default", _both(NO_LIMIT, _cell("b2", 19, "0")), "warning",
            found="1 zeros"),
    Mistake("small-unit", _both(NO_LIMIT, _all_volumes(lambda *_: 1e-3)), "warning", V),
    Mistake("baseline-imbalance", _all_volumes(lambda a, arm, day: 2.0 if arm == "both" else 1.0),
            "warning", found="ratio 2.0"),
    Mistake("tiny-baseline", _cell("v1", 7, "11"), "warning", f"{V}, row 2", "starts at 11 mm3"),
    Mistake("unequal-loss", _lose_vehicle, "warning", found="vehicle 6 of 6"),
    Mistake("few-animals", _keep_two, "warning", found="2 animals"),
    Mistake("cage-confounded", _regroup("cage"), "warning", "column cage", "6 animals in 2"),
    Mistake("batch-confounded", _regroup("batch"), "warning", "column batch", "6 animals in 2"),
    Mistake("single-mouse-design", _one_mouse_a_model, "note",
            found="6 models and 24 arms of them, 24 of one animal"),
    Mistake("exclusion-without-reason", _edit("animals.csv", "^(v1,.*),no,,", r"\1,yes,,"),
            where="animals.csv, row 2"),
    Mistake("unknown-fate", _edit("animals.csv", r"^(v1,.*),alive-at-end,", r"\1,escaped,"),
            where="animals.csv, row 2, column fate", found="'escaped'"),
    Mistake("duplicate-animal", _append("animals.csv", "v1,vehicle,v1,no,,alive-at-end,19"),
            where="animals.csv, row 26"),
    Mistake("animal-not-listed", _edit("animals.csv", r"^v3,.*\n", ""), found="animal v3"),
    Mistake("animal-never-measured", _append("animals.csv", "v9,vehicle,v1,no,,other,9"),
            "warning"),
    Mistake("arm-conflict", _edit("animals.csv", "^v3,vehicle", "v3,ici"),
            where="animals.csv, row 4"),
    Mistake("measured-after-leaving", _edit("animals.csv", r"^(v3,.*),19$", r"\1,13"), found="v3"),
    Mistake("fate-derived", _without_animals, "note", found="24 animals"),
    Mistake("missing-file", _weighed(_delete(W)), found="no such file"),
    Mistake("missing-column", _weighed(_edit(W, "weight_g", "size")), where=W),
    Mistake("day-heading", _weigh_wide("Day 1O"), where=f"{W}, row 1", found="'Day 1O'"),
    Mistake("text-in-number-cell", _weighed(_grams("i2", 10, "lost")),
            where=f"{W}, row {row_of('i2', 10)}", found="'lost'"),
    Mistake("missing-day", _weighed(_edit(W, r"^x3,x,13,", "x3,x,,")),
            where=f"{W}, row {row_of('x3', 13)}"),
    Mistake("missing-animal", _weighed(_edit(W, r"^x3,x,13,", ",x,13,")),
            where=f"{W}, row {row_of('x3', 13)}"),
    Mistake("unknown-arm", _weighed(_edit(W, r"^b1,both,7,", "b1,bth,7,")), where=W, found="'bth'"),
    Mistake("arm-conflict", _weighed(_edit(W, r"^v3,vehicle,13,", "v3,ici,13,")),
            where=f"{W}, row {row_of('v3', 13)}", found="weighed in 'ici'"),
    Mistake("unknown-weight-animal", _weighed(_edit(W, r"^v3,", "v33,", 0)),
            where=f"{W}, row {row_of('v3', 7)}", found="'v33'"),
    Mistake("animal-never-weighed", _weighed(_edit(W, r"^v3,.*\n", "", 0)), "warning",
            found="animal v3"),
    Mistake("duplicate-visit", _weighed(_append(W, "v1,vehicle,10,19.1")), where=f"{W}, row 122"),
    Mistake("weight-is-volume", _all_weights(volume), where=W, found="100%"),
    Mistake("weight-is-volume", _all_weights(lambda a, arm, d: volume(a, arm, d) / 7), where=W,
            found="fold from first to last"),
    Mistake("weight-unit", _all_weights(lambda a, arm, d: weight(a, arm, d) / 1000), where=W,
            found="0.0202 g"),
    Mistake("weight-unit", _all_weights(lambda a, arm, d: weight(a, arm, d) * 1000), where=W),
    Mistake("impossible-weight", _weighed(_grams("v2", 13, "194")),
            where=f"{W}, row {row_of('v2', 13)}", found="194 g"),
    Mistake("impossible-weight", _weighed(_grams("v2", 19, "0")),
            where=f"{W}, row {row_of('v2', 19)}", found="0 g"),
    Mistake("weight-slip", _weighed(_grams("v2", 13, "27.9")), "warning",
            f"{W}, row {row_of('v2', 13)}", "27.9 g between"),
    Mistake("weight-jump", _weighed(_grams("v2", 19, "13.4")), "warning",
            f"{W}, row {row_of('v2', 19)}", "to 13.4 g"),
    Mistake("weights-exchanged", _weighed(_grams("i1", 13, str(weight("i5", "ici", 13))),
                                          _grams("i5", 13, str(weight("i1", "ici", 13)))),
            "warning", f"{W}, row {row_of('i1', 13)}", "animal i5"),
    Mistake("no-baseline-weight", _weighed(_edit(W, r"^v4,vehicle,7,.*\n", "")), "warning",
            W, "animal v4"),
    Mistake("no-baseline-weight", _weighed(_edit(W, r"^\w+,\w+,7,.*\n", "", 0)), "warning", W,
            "nobody was weighed"),
    Mistake("vehicle-loses-weight", _all_weights(_first_and_last_exchanged), "warning", W, "-17%"),
    Mistake("over-weight-limit", _weighed(_grams("b2", 16, "14.9"), _grams("b2", 19, "14.6")),
            "warning", f"{W}, row {row_of('b2', 19)}", "25% below baseline"),
    Mistake("weighed-after-leaving", _weighed(
        _edit("animals.csv", r"^(v3,.*),19$", r"\1,16"), _edit(V, r"^v3,vehicle,19,.*\n", "")),
            "warning", f"{W}, row {row_of('v3', 19)}", "animal v3"),
    Mistake("no-weights", _toml(r"\[limits\]", "[limits]\nweight_loss_fraction = 0.2"), "note",
            found="20% weight loss"),
    Mistake("weight-limit-not-stated", _weighed(_toml("weight_loss_fraction = 0.2", "")), "note"),
    Mistake("missing-column", _scored(_edit(S, "clinical_score", "size")), where=S,
            found="the columns animal, arm, day, size"),
    Mistake("day-heading", _scored(_score_wide), where=f"{S}, row 1", found="'Day 1O'"),
    Mistake("text-in-number-cell", _scored(_points("i2", 10, "ruffled")),
            where=f"{S}, row {row_of('i2', 10)}", found="'ruffled'"),
    Mistake("arm-conflict", _scored(_edit(S, r"^v3,vehicle,13,", "v3,ici,13,")),
            where=f"{S}, row {row_of('v3', 13)}", found="scored in 'ici'"),
    Mistake("unknown-score-animal", _scored(_edit(S, r"^v3,", "v33,", 0)),
            where=f"{S}, row {row_of('v3', 7)}", found="'v33'"),
    Mistake("animal-never-scored", _scored(_edit(S, r"^v3,.*\n", "", 0)), "warning",
            found="animal v3"),
    Mistake("duplicate-visit", _scored(_append(S, "v1,vehicle,10,0")), where=f"{S}, row 122",
            found="scored twice"),
    Mistake("score-off-scale", _scored(_points("b2", 13, "5")),
            where=f"{S}, row {row_of('b2', 13)}", found="score 5 of animal b2"),
    Mistake("score-off-scale", _scored(_points("b2", 13, "-1"), _toml("highest = 4\n", "")),
            where=S, found="score -1"),
    Mistake("score-not-whole", _scored(_points("b2", 13, "1.5")), where=S, found="score 1.5"),
    Mistake("scores-not-from-zero", _scored(_body_condition), where=S, found="24 of 24 animals"),
    Mistake("scored-after-leaving", _scored(
        _edit("animals.csv", r"^(v3,.*),19$", r"\1,16"), _edit(V, r"^v3,vehicle,19,.*\n", "")),
            "warning", f"{S}, row {row_of('v3', 19)}", "animal v3"),
    Mistake("over-score-limit", _scored(_points("b2", 16, "3"), _points("b2", 19, "4"),
                                        _edit("animals.csv", r"^(b2,.*),alive-at-end",
                                              r"\1,clinical-score")),
            "warning", f"{S}, row {row_of('b2', 19)}", "scored 4 on day 19"),
    Mistake("score-limit-without-fate", _scored(_points("b2", 19, "3")), "warning",
            f"{S}, row {row_of('b2', 19)}", "with the fate alive-at-end"),
    Mistake("score-limit-without-fate", _scored(
        _points("b2", 19, "3"), _edit("animals.csv", r"^(b2,.*),alive-at-end", r"\1,")),
            "warning", f"{S}, row {row_of('b2', 19)}", "with no fate"),
    Mistake("score-limit-beyond-scale", _scored(_toml("clinical_score = 3", "clinical_score = 5")),
            where="study.toml", found="a limit of 5 on a scale from 0 to 4"),
    Mistake("no-scores", _toml(r"\[limits\]", "[limits]\nclinical_score = 3"), "note",
            found="a limit of clinical score 3"),
    Mistake("score-limit-not-stated", _scored(_toml("clinical_score = 3", "")), "note"),
)  # fmt: skip
