"""Bias and coverage where part of an arm is cured: each endpoint's own estimand, and other rules.

Writes ``docs/validation/mixtures.csv`` and ``.md``. Mice are cured each with the stated probability
(a mixture, not a slower growth), and half of the controls are culled for size before the last day.
Run it by ``python3 do.py validate``; a short version runs with the tests.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd
from command import write_table
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats import restricted_mean
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.design import LongDesign
from smartcombo.stats.floored_mean import (
    GrowingLines,
    floored_contrast,
    floored_means,
    with_hidden_cures,
)
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_origin import fit_origin
from smartcombo.stats.mixture import Curves, fit_mixture
from smartcombo.stats.proportions import difference, excess_over_independent_action
from smartcombo.stats.response import MRECIST, categorise, curve_responses
from smartcombo.stats.time_to_event import (
    kaplan_meier,
    restricted_mean_difference,
)
from smartcombo.stats.time_to_event import restricted_mean as restricted_mean_of
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_arm_volumes

SEED = 20200429
STUDIES = 2000
LEVEL = 0.95
TRUTH_MICE = 400_000
SIZES, CURED = (8, 10), (0.0, 0.2, 0.5)
DAYS = tuple(float(day) for day in range(7, 26, 3))
TIME = np.array(DAYS) - DAYS[0]
HORIZON, MULTIPLE, LIMIT = float(TIME[-1]), 4.0, 4.0
RATES = (0.20, 0.16, 0.15, 0.11)
"""Growth rates per day of vehicle, A, B and A+B: exactly Bliss among mice that are not cured."""
ARMS = ("vehicle", "A", "B", "AB")
WEIGHTS = {"Q2": np.array([0.0, -1.0, 0.0, 1.0]), "Q4": np.array([1.0, -1.0, -1.0, 1.0])}
VOLUME, TIMES, RESPONSE = "floored log ratio", "time to progression", "response"


@dataclass(frozen=True)
class Setting:
    """Mice an arm, and the probability that a mouse of the combination is cured."""

    n: int
    cured: float


SETTINGS = [Setting(n, cured) for n, cured in product(SIZES, CURED)]


@dataclass(frozen=True)
class Studies:
    """Simulated studies: log volumes ``(S, 4, n, days)`` floored at the limit, what was seen.

    ``times``, ``events`` and ``responded`` are ``(S, 4, n)``.
    """

    y: np.ndarray
    below: np.ndarray
    seen: np.ndarray
    times: np.ndarray
    events: np.ndarray
    responded: np.ndarray


def design_of(cured: float) -> SimulationDesign:
    """Return the design of one setting; arms without mice."""
    arms = tuple(
        ArmDesign(arm, rate, n=1, responder_fraction=cured if arm == "AB" else 0.0)
        for arm, rate in zip(ARMS, RATES, strict=True)
    )
    return SimulationDesign(
        arms, days=DAYS, baseline_volume_mm3=80.0, responders="binomial",
        detection_limit_mm3=LIMIT, size_limit_mm3=1500.0,
    )  # fmt: skip


def simulate(cured: float, studies: int, n: int, rng: np.random.Generator) -> Studies:
    """Return studies of four arms with n mice each."""
    design, drawn = design_of(cured), []
    for arm in design.arms:
        volumes, last = simulate_arm_volumes(design, replace(arm, n=studies * n), rng)
        drawn.append((volumes.reshape(studies, n, -1), last.reshape(studies, n)))
    volumes, last = (np.stack(parts, axis=1) for parts in zip(*drawn, strict=True))
    below = volumes < LIMIT
    y = np.log(np.where(below, LIMIT, volumes))
    seen = np.arange(len(DAYS)) <= last[..., None]
    times, events = progression_times(y, seen)
    return Studies(y, below, seen, times, events, responses(volumes, seen))


def progression_times(y: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when each curve reaches four times its baseline, on the log scale between visits."""
    target = y[..., 0] + np.log(MULTIPLE)
    reached = (y >= target[..., None]) & seen
    event = reached.any(axis=-1)
    k = np.where(event, reached.argmax(axis=-1), 1)
    before, after = (np.take_along_axis(y, j[..., None], -1)[..., 0] for j in (k - 1, k))
    share = np.where(event, (target - before) / np.where(event, after - before, 1.0), 0.0)
    last = seen.sum(axis=-1) - 1
    culled = last < len(TIME) - 1
    time = np.where(event, TIME[k - 1] + share * (TIME[k] - TIME[k - 1]), TIME[last])
    return time, event | culled


def responses(volumes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return whether each curve is a complete or partial response by mRECIST."""
    shape, flat = volumes.shape[:-1], seen.reshape(-1, seen.shape[-1])
    start = np.r_[0, np.cumsum(flat.sum(axis=1))].astype(np.int64)
    time = np.broadcast_to(TIME, flat.shape)[flat]
    found = curve_responses(volumes.reshape(flat.shape)[flat], time, start, MRECIST.first_day)
    calls = np.array(categorise(found.best, found.best_average))
    return np.isin(calls, ("CR", "PR")).reshape(shape)


@lru_cache(maxsize=8)
def truth(cured: float) -> dict[tuple[str, str], float]:
    """Return the value of every estimand, from studies of very many mice."""
    got = simulate(cured, 1, TRUTH_MICE, stream(SEED, "mixtures truth", str(cured)))
    mean = got.y[0, :, :, -1].mean(axis=1)
    rate = got.responded[0].mean(axis=1)
    grid = np.linspace(0.0, HORIZON, 3601)
    alive = [_share_beyond(t, e, grid) for t, e in zip(got.times[0], got.events[0], strict=True)]
    area = [float(np.trapezoid(s, grid)) for s in alive]
    expected = float(np.trapezoid(1 - (1 - alive[1]) * (1 - alive[2]), grid))
    return {
        (VOLUME, "Q2"): float(WEIGHTS["Q2"] @ mean),
        (VOLUME, "Q4"): float(WEIGHTS["Q4"] @ mean),
        (TIMES, "Q2"): area[3] - area[1],
        (TIMES, "Q4"): area[3] - expected,
        (RESPONSE, "Q2"): float(rate[3] - rate[1]),
        (RESPONSE, "Q4"): float(rate[3] - 1 + (1 - rate[1]) * (1 - rate[2])),
    }


def _share_beyond(time: np.ndarray, event: np.ndarray, grid: np.ndarray) -> np.ndarray:
    return 1 - np.searchsorted(np.sort(np.where(event, time, np.inf)), grid, "right") / len(time)


Interval = tuple[float, float, float]
"""Value, low, high."""


def floored(
    y: np.ndarray, below: np.ndarray, seen: np.ndarray
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Return floored log ratios of one study (4, n, days), and with room for hidden cures."""
    n, T = y.shape[1], np.broadcast_to(TIME, y.shape)
    arm = np.repeat(np.arange(4), n).astype(np.int64)
    rows = seen.reshape(4 * n, -1)
    curves = Curves(y[seen], T[seen], below[seen], _starts(rows), arm)
    regressing = fit_mixture(curves).chosen.posterior > 0.5
    last = y.reshape(4 * n, -1)[np.arange(4 * n), rows.sum(axis=1) - 1]
    known = np.where(rows[:, -1] | regressing, last, np.nan)
    lines = _growing_lines(y.reshape(4 * n, -1), rows, arm, np.flatnonzero(~regressing))
    means = floored_means(known, arm, np.log(LIMIT), lines)
    got, wide = {}, {}
    for question, weights in WEIGHTS.items():
        test = floored_contrast(means, weights, regressing, np.log(LIMIT), LEVEL)
        got[question] = (test.value, test.low, test.high)
        more = with_hidden_cures(test, means, weights, regressing, np.log(LIMIT), LEVEL)
        wide[question] = (more.value, more.low, more.high)
    return got, wide


def _growing_lines(
    y: np.ndarray, rows: np.ndarray, arm: np.ndarray, growing: np.ndarray
) -> GrowingLines:
    """Return the mixed model of the growing mice; an arm without any has no column."""
    own, seen = arm[growing], rows[growing]
    present = np.unique(own)
    time = np.broadcast_to(TIME, seen.shape)[seen]
    of_row = np.repeat(own, seen.sum(axis=1))
    ones = np.ones_like(time)
    design = LongDesign(
        y[growing][seen],
        np.column_stack([ones, (of_row[:, None] == present) * time[:, None]]),
        np.column_stack([ones, time]), _starts(seen), own, time + 1.0,
    )  # fmt: skip
    x = np.column_stack([np.ones(len(own)), (own[:, None] == present) * TIME[-1]])
    return GrowingLines(fit_mixed(design), design, growing, x, np.array([1.0, TIME[-1]]))


def _starts(seen: np.ndarray) -> np.ndarray:
    return np.r_[0, np.cumsum(seen.sum(axis=1))].astype(np.int64)


def peer(y: np.ndarray, use: np.ndarray) -> dict[str, Interval]:
    """Return log ratios at the last day by log relative volume through the origin and z."""
    n = y.shape[1]
    used = use.copy()
    used[..., 0] = False
    subject = np.broadcast_to(np.arange(4 * n).reshape(4, n, 1), y.shape)[used]
    _, again = np.unique(subject, return_inverse=True)
    arm = np.repeat(np.arange(4), n)[np.unique(subject)]
    time = np.broadcast_to(TIME, y.shape)[used]
    fit = fit_origin((y - y[..., :1])[used], time, again, arm)
    z = stats.norm.ppf(0.5 + LEVEL / 2) * TIME[-1]
    got = {}
    for question, w in WEIGHTS.items():
        value, half = TIME[-1] * float(w @ fit.beta), z * float(np.sqrt(w @ fit.cov_beta @ w))
        got[question] = (value, value - half, value + half)
    return got


def last_day(y: np.ndarray, seen: np.ndarray) -> dict[str, Interval]:
    """Return log ratios of the mice left on the last day, by Welch's t."""
    own = [y[g, seen[g, :, -1], -1] for g in range(4)]
    got = {}
    for question, w in WEIGHTS.items():
        asked = np.flatnonzero(w)
        if min(len(own[g]) for g in asked) < 2:
            got[question] = (np.nan, np.nan, np.nan)
            continue
        value = sum(w[g] * own[g].mean() for g in asked)
        parts = np.array([own[g].var(ddof=1) / len(own[g]) for g in asked])
        test = restricted_mean.satterthwaite(
            value, parts, np.array([len(own[g]) - 1.0 for g in asked]), LEVEL
        )
        got[question] = (test.value, test.low, test.high)
    return got


def times_of(times: np.ndarray, events: np.ndarray) -> dict[str, Interval]:
    """Return differences of restricted mean time to progression."""
    arms = list(zip(times, events, strict=True))
    tests = {
        "Q2": restricted_mean.difference(arms[3], arms[1], HORIZON, LEVEL),
        "Q4": restricted_mean.independent_action(arms[3], arms[1:3], HORIZON, LEVEL),
    }
    return {question: (t.value, t.low, t.high) for question, t in tests.items()}


def times_by_z(times: np.ndarray, events: np.ndarray) -> dict[str, Interval]:
    """Return the difference with Greenwood's variance and the normal distribution."""
    a, b = (
        restricted_mean_of(kaplan_meier(times[g], events[g], LEVEL), HORIZON, LEVEL) for g in (3, 1)
    )
    test = restricted_mean_difference(a, b, LEVEL)
    return {"Q2": (test.value, test.low, test.high)}


@lru_cache(maxsize=4096)
def responses_of(counts: tuple[int, ...], n: int) -> dict[str, Interval]:
    """Return differences of response probability from responders by arm."""
    tests = {
        "Q2": difference(counts[3], n, counts[1], n, LEVEL),
        "Q4": excess_over_independent_action(
            (counts[3], n), ((counts[1], n), (counts[2], n)), LEVEL
        ),
    }
    return {question: (t.value, t.low, t.high) for question, t in tests.items()}


def one_study(studies: Studies, i: int) -> dict[tuple[str, str, str], Interval]:
    """Return the interval of every endpoint, method and question of one study."""
    y, below, seen = studies.y[i], studies.below[i], studies.seen[i]
    plus_one = np.log(np.where(below, 0.0, np.exp(y)) + 1.0)
    counts = tuple(int(k) for k in studies.responded[i].sum(axis=1))
    volumes, wide = floored(y, below, seen)
    found = {
        (VOLUME, "ours"): volumes,
        (VOLUME, "ours, hidden cures"): wide,
        (VOLUME, "zeros missing, z"): peer(y, seen & ~below),
        (VOLUME, "+1 added, z"): peer(plus_one, seen),
        (VOLUME, "last day, t"): last_day(y, seen),
        (TIMES, "ours"): times_of(studies.times[i], studies.events[i]),
        (TIMES, "Greenwood, z"): times_by_z(studies.times[i], studies.events[i]),
        (RESPONSE, "ours"): responses_of(counts, y.shape[1]),
    }
    return {(*key, q): interval for key, by in found.items() for q, interval in by.items()}


def _batch(work: tuple[Setting, int, int]) -> pd.DataFrame:
    """Return one row a study, endpoint, method and question."""
    setting, number, studies = work
    rng = stream(SEED, "mixtures", setting.n, str(setting.cured), number)
    drawn = simulate(setting.cured, studies, setting.n, rng)
    rows = []
    for i in range(studies):
        cured = bool(drawn.below[i, 3, :, -1].any())
        rows += [(*key, *interval, cured) for key, interval in one_study(drawn, i).items()]
    columns = ["endpoint", "method", "question", "value", "low", "high", "cure_seen"]
    return pd.DataFrame(rows, columns=columns)


def summary(table: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """Return bias and coverage of every endpoint, method and question of one setting."""
    true, rows = truth(setting.cured), []
    for (endpoint, method, question), own in table.groupby(
        ["endpoint", "method", "question"], sort=False
    ):
        aim = true[endpoint, question]
        given = own[own["value"].notna()]
        covers = (given["low"] <= aim + 1e-3) & (given["high"] >= aim - 1e-3)
        bias, spread = float(given["value"].mean() - aim), float(given["value"].std())
        rows.append(
            {
                "n": setting.n, "cured": setting.cured, "studies": len(own), "endpoint": endpoint,
                "question": question, "method": method, "truth": aim, "bias": bias,
                "bias_percent": 100 * bias / abs(aim) if abs(aim) > 0.02 else np.nan,
                "bias_in_se": bias / spread if spread > 0 else 0.0,
                "coverage": covers.mean(),
                "coverage_cure_seen": covers[given["cure_seen"]].mean(),
                "width": float((given["high"] - given["low"]).median()),
                "no_answer": 1 - len(given) / len(own),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def run(studies: int, workers: int, settings: list[Setting] = SETTINGS) -> pd.DataFrame:
    """Return one row a setting, endpoint, question and method."""
    size = max(1, min(100, studies // workers))
    parts = []
    with ProcessPoolExecutor(workers) as pool:
        for setting in settings:
            work = [(setting, k, min(size, studies - k)) for k in range(0, studies, size)]
            parts.append(summary(pd.concat(pool.map(_batch, work)), setting))
    return pd.concat(parts, ignore_index=True)


def growth_rate(setting: Setting, studies: int) -> pd.DataFrame:
    """Return what the growth-rate contrast of Q2 estimates: one model, values censored."""
    rng = stream(SEED, "mixtures rate", setting.n, str(setting.cured))
    drawn = simulate(setting.cured, studies, setting.n, rng)
    arm, values = np.repeat(np.arange(4), setting.n).astype(np.int64), []
    for y, below, seen in zip(drawn.y, drawn.below, drawn.seen, strict=True):
        rows, time = seen.reshape(4 * setting.n, -1), np.broadcast_to(TIME, y.shape)[seen]
        of_row = np.repeat(arm, rows.sum(axis=1))
        ones = np.ones_like(time)
        X = np.column_stack([ones, (of_row[:, None] == np.arange(4)) * time[:, None]])
        design = LongDesign(
            y[seen], X, np.column_stack([ones, time]), _starts(rows), arm, time + 1.0
        )
        cut = below[seen]
        fit = fit_censored(design, cut).fit if cut.any() else fit_mixed(design)
        values.append(float(fit.beta[4] - fit.beta[2]))
    row = {"n": setting.n, "cured": setting.cured, "studies": studies,
           "endpoint": "growth rate", "question": "Q2", "method": "one kind of animal",
           "truth": RATES[3] - RATES[1], "bias": np.mean(values) - (RATES[3] - RATES[1]),
           "bias_in_se": (np.mean(values) - (RATES[3] - RATES[1])) / np.std(values)}  # fmt: skip
    return pd.DataFrame([row])


RATE_STUDIES = 100
"""Studies of the growth-rate contrast: enough for its mean, which is all that is shown."""


def page(table: pd.DataFrame) -> str:
    """Return the table as a page."""
    ours = table[table["endpoint"] != "growth rate"]
    unseen = ", ".join(f"{100 * 0.8**n:.1f}% with {n} mice" for n in SIZES)
    lines = [
        "# Answers where part of an arm is cured",
        "",
        f"{ours['studies'].min():,} studies a row; made by `python3 do.py validate`. Four arms, "
        "Bliss-additive among mice that are not cured; each mouse of the combination is cured with "
        "the stated probability; visits every third day for 18 days; culling at 1,500 mm3 takes "
        "half of the controls before the last day; values below 4 mm3 are 0. Truth from "
        f"{TRUTH_MICE:,} mice an arm. *Floored log ratio*: log ratio of geometric mean volumes on "
        "the last day had no mouse been culled, values below the limit at the limit (Q4: observed "
        "minus expected). *Time to progression*: difference of restricted means up to day 18, to "
        "four times the baseline (Q4: minus independent action). *Response*: difference of "
        "probabilities by mRECIST (Q4: minus independent action). *ours* is what smartcombo "
        "reports. *Zeros missing, z* is SynergyLMM's rule: log relative volume through the origin, "
        "zeros dropped, z. Bias in per cent of the truth and in standard deviations of the "
        "estimate; coverage of 95% intervals in per cent, and among studies in which a cured mouse "
        "was seen; width is the median. Monte Carlo error of a coverage: 0.5 points.",
        "",
        "| mice an arm | cured | endpoint | question | method | truth | bias, % | bias, SD "
        "| coverage | cure seen | width | no answer, % |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(_line(row) for row in ours.to_dict("records")),
        "",
        "## What is out of reach, and why",
        "",
        *_limits(ours, unseen),
        "",
        "## What the growth-rate contrast estimates",
        "",
        "One growth model for all mice, values below the limit censored; the truth is the "
        "difference among mice that are not cured. With cured mice it averages slopes of two kinds "
        "and describes neither: its value depends on how fast and how early the cured shrink, and "
        "on the length of the study. The report then does not lead with it.",
        "",
        "| mice an arm | cured | difference among growing mice, per day | mean of the contrast |",
        "|---|---|---|---|",
    ]
    rates = table[table["endpoint"] == "growth rate"]
    lines += [
        f"| {r['n']} | {100 * r['cured']:.0f}% | {r['truth']:.3f} | {r['truth'] + r['bias']:.3f} |"
        for r in rates.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


def _limits(ours: pd.DataFrame, unseen: str) -> list[str]:
    """Return why no method can be within 93 to 97% in every row, with the numbers."""
    asked = (ours["question"] == "Q2") & (ours["method"] == "ours") & (ours["n"] == SIZES[0])
    own = ours[asked & (ours["endpoint"] == "floored log ratio")].set_index("cured")
    away = float(own.at[0.0, "truth"] - own.at[0.2, "truth"])
    hidden = 0.8 ** SIZES[0]
    needed = [100 * (0.93 - (1 - hidden) * seen) / hidden for seen in (1.0, 0.97)]
    none = 100 * float(stats.binom.sf(4, SIZES[0], 0.2))
    half = stats.binom(SIZES[1], 0.49)
    between = [100 * float(half.cdf(SIZES[1] - k) - half.cdf(k - 1)) for k in (2, 3)]
    next_one = 100 * float(stats.binom.sf(3, SIZES[0], 0.2))
    return [
        f"- With 20% cured, the chance that no mouse is cured is {unseen}. Such data are those of "
        "studies without any cure, and there the interval of the floored ratio speaks of growing "
        "mice and misses; where a cure is seen it covers more than its level. An interval that "
        "covers there too has to allow, always and in each arm, for cures nobody saw: *ours, "
        "hidden cures* (an option) does, and is then far too wide where there are none. The "
        "analysis says how many cures an arm could hide.",
        f"- No method that treats arms alike can cover 93 to 97% both with and without cures. With "
        f"{SIZES[0]} mice and 20% cured, coverage of 93% needs {needed[0]:.0f}% of the studies "
        f"without a cured mouse to cover the truth ({needed[1]:.0f}% if those with one cover 97%). "
        f"That truth lies {away:.1f} log units, about "
        f"{away / (float(own.at[0.0, 'width']) / 3.92):.0f} standard errors, below what such data "
        "show; and since they are the data of a study without cures, and nothing in them tells "
        "which arm hides some, as many of its intervals would have to reach as far on either side: "
        "they would cover more than 99% there, which is what *hidden cures* does.",
        "- Response: where the other arms never respond (0 of 8 or 10), few outcomes are possible, "
        f"and coverage moves in steps: with a probability of 0.2 and {SIZES[0]} mice, an interval "
        f"that leaves out five responders and more covers {100 - none:.1f}%, one that leaves out "
        f"four as well {100 - next_one:.1f}% and misses {next_one:.1f}% on one side, which is more "
        f"than its level. With one half and {SIZES[1]} mice, two to eight responders are "
        f"{between[0]:.1f}% and three to seven {between[1]:.1f}%: nothing lies between. Where the "
        "truth is 0 and nobody can respond, every interval covers.",
    ]


def _line(row: dict[str, float]) -> str:
    percent = "-" if np.isnan(row["bias_percent"]) else f"{row['bias_percent']:.1f}"
    seen = "-" if np.isnan(row["coverage_cure_seen"]) else f"{100 * row['coverage_cure_seen']:.1f}"
    return (
        f"| {row['n']} | {100 * row['cured']:.0f}% | {row['endpoint']} | {row['question']} "
        f"| {row['method']} | {row['truth']:.3f} | {percent} | {row['bias_in_se']:.2f} "
        f"| {100 * row['coverage']:.1f} | {seen} | {row['width']:.2f} "
        f"| {100 * row['no_answer']:.1f} |"
    )


def _run(studies: int, workers: int) -> pd.DataFrame:
    """Return the table of every endpoint, and what a growth rate estimates in a mixture."""
    rates = [growth_rate(setting, min(RATE_STUDIES, studies)) for setting in SETTINGS]
    return pd.concat([run(studies, workers), *rates], ignore_index=True)


if __name__ == "__main__":
    write_table("mixtures", __doc__, STUDIES, _run, page)
