"""Size of the Bliss test when tumours do not grow exponentially, by the shape that is fitted.

Writes ``docs/validation/curved.csv`` and ``.md``: the exponential model, the curved ones, and the
rule that picks the shape with the lowest AIC. Run it by ``python3 do.py validate``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from command import write_table
from size_and_coverage import LEVEL, SEED

from smartcombo.core.random import stream
from smartcombo.stats.curved import conditional, fit_shape
from smartcombo.stats.design import ContrastTest, Floats, LongDesign
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.shapes import ShapedDesign, basis, gompertz_clock, last_derivative, linearised

STUDIES = 1000
VISITS = np.arange(0.0, 22.0, 3.0)
DAY = 21.0
CULL_MM3 = 1500.0
BLISS = np.array([1.0, -1.0, -1.0, 1.0])
TRUTHS = ("exponential", "gompertz", "late")
METHODS = ("exponential", "quadratic", "gompertz", "piecewise", "lowest AIC")
RATE = np.array([0.20, 0.15, 0.12])
RHO = np.array([0.12, 0.03, 0.06, 0.01])
"""Growth slows most where it is fastest, so that straight lines see an interaction."""
LAG, CHANGE = 9.0, np.array([0.0, -0.10, -0.06, -0.16])


@dataclass(frozen=True)
class Setting:
    """A truth and the number of mice an arm."""

    truth: str
    n: int


SETTINGS = [Setting(truth, n) for truth in TRUTHS for n in (8,)]


def mean_growth(truth: str, time: Floats) -> Floats:
    """Return mean log growth of the four arms ``(4, times)``; exactly Bliss on the last day."""
    if truth == "late":
        return 0.16 * time + CHANGE[:, None] * np.clip(time - LAG, 0.0, None)
    if truth == "exponential":
        return np.r_[RATE, RATE[1] + RATE[2] - RATE[0]][:, None] * time
    clock = gompertz_clock(time[None, :], RHO[:, None])
    last = gompertz_clock(np.array([DAY]), RHO[:3, None])[:, 0]
    own = RATE * DAY * 0.7 / last
    end = own * last
    both = (end[1] + end[2] - end[0]) / gompertz_clock(np.array([DAY]), RHO[3:])[0]
    return np.asarray(np.r_[own, both][:, None] * clock)


def simulate(setting: Setting, number: int) -> ShapedDesign:
    """Return one study; animals leave after the visit at which they are above the size limit."""
    rng = stream(SEED, "curved", setting.truth, setting.n, number)
    arm = np.repeat(np.arange(4), setting.n)
    m = len(arm)
    gompertz = setting.truth == "gompertz"
    clock = gompertz_clock(VISITS[None, :], RHO[arm][:, None]) if gompertz else VISITS
    factor = rng.normal(0.0, 0.02, m)[:, None] * clock
    y = rng.normal(4.4, 0.3, m)[:, None] + mean_growth(setting.truth, VISITS)[arm] + factor
    y = y + rng.normal(0.0, 0.2, y.shape)
    large = np.cumsum(y > np.log(CULL_MM3), axis=1) - (y > np.log(CULL_MM3))
    keep = large == 0
    u = np.tile(VISITS, (m, 1))[keep]
    return ShapedDesign(
        "gompertz", y[keep], np.ones((len(u), 1)), u,
        np.r_[0, np.cumsum(keep.sum(axis=1))].astype(np.int64), arm, True, u + 1.0,
    )  # fmt: skip


def one_study(setting: Setting, number: int) -> dict[str, float]:
    """Return whether each method calls an interaction, its error, and its AIC."""
    design = simulate(setting, number)
    got: dict[str, float] = {}
    aic: dict[str, float] = {}
    for method in METHODS[:-1]:
        test, aic[method] = _fitted(design, method)
        got[f"reject {method}"] = float(test.p < 1 - LEVEL)
        got[f"error {method}"] = test.value
    best = min(aic, key=lambda name: aic[name])
    got["reject lowest AIC"] = got[f"reject {best}"]
    got["error lowest AIC"] = got[f"error {best}"]
    return got | {f"best {method}": float(method == best) for method in METHODS[:-1]}


def _fitted(design: ShapedDesign, method: str) -> tuple[ContrastTest, float]:
    """Return the Bliss test on the last day (truth: zero), and AIC."""
    if method in ("gompertz", "piecewise"):
        return _curved(replace(design, shape=method))  # type: ignore[arg-type]
    n = 1 if method == "exponential" else 2
    columns = np.column_stack([design.u, design.u**2])[:, :n]
    own = design.arm[:, None] == np.arange(4)
    X = np.column_stack(
        [np.ones(len(design.u)), (own[:, :, None] * columns[:, None, :]).reshape(len(own), -1)]
    )
    Z = np.column_stack([np.ones(len(design.u)), design.u])
    known = LongDesign(design.y, X, Z, design.start, design.group, design.time)
    c = np.r_[0.0, np.outer(BLISS, [DAY, DAY**2][:n]).ravel()]
    test = model_inference(fit_mixed(known), known).tests(c, LEVEL)[0]
    full = fit_mixed(known, reml=False).loglik
    return test, 2 * (X.shape[1] + 4) - 2 * full


def _curved(shaped: ShapedDesign) -> tuple[ContrastTest, float]:
    found = fit_shape(shaped)
    beta = fit_mixed(shaped.design(found.psi)).beta
    known = linearised(shaped, found.psi, beta, found.free)
    fit = fit_mixed(known)
    day, rows = np.full(4, DAY), np.zeros((4, known.X.shape[1]))
    psi = found.psi if shaped.shape == "gompertz" else np.full(4, found.psi[0])
    columns = basis(shaped.shape, day, psi)
    moves = shaped.steepness(beta) * last_derivative(shaped.shape, day, psi)
    first = known.X.shape[1] - len(found.free)
    for arm in range(4):
        rows[arm, 1 + arm * shaped.n_basis : 1 + (arm + 1) * shaped.n_basis] = columns[arm]
        own = arm if shaped.shape == "gompertz" else 0
        if own in found.free:
            rows[arm, first + list(found.free).index(own)] = moves[arm]
    inference = replace(
        model_inference(fit, known), beta=conditional(fit.beta, fit.cov_beta, len(found.free))
    )
    count = 1 + 4 * shaped.n_basis + shaped.n_psi + 4
    return inference.tests(BLISS @ rows, LEVEL)[0], 2 * count - 2 * found.loglik


def _batch(work: tuple[Setting, range]) -> pd.DataFrame:
    setting, numbers = work
    return pd.DataFrame([one_study(setting, number) for number in numbers])


def run(studies: int, workers: int) -> pd.DataFrame:
    """Return one row a truth, number of mice and method: size, bias, and how often it is picked."""
    rows = []
    size = max(1, studies // (4 * workers))
    with ProcessPoolExecutor(workers) as pool:
        for setting in SETTINGS:
            parts = [range(k, min(k + size, studies)) for k in range(0, studies, size)]
            table = pd.concat(pool.map(_batch, [(setting, part) for part in parts]))
            for method in METHODS:
                error = table[f"error {method}"]
                rows.append(
                    {
                        "truth": setting.truth,
                        "n": setting.n,
                        "studies": len(table),
                        "method": method,
                        "size": table[f"reject {method}"].mean(),
                        "bias": error.mean(),
                        "bias_in_sd": error.mean() / error.std(),
                        "lowest_aic": table[f"best {method}"].mean()
                        if f"best {method}" in table
                        else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def page(table: pd.DataFrame) -> str:
    """Return the table as a page."""
    lines = [
        "# The Bliss test when growth is not exponential",
        "",
        f"{table['studies'].min():,} studies a row, four arms that are exactly Bliss on day "
        f"{DAY:g}, animals culled at 1,500 mm3; made by `python3 do.py validate`. Truths: "
        "*exponential*; *gompertz*, slowing most where growth is fastest; *late*, effects that "
        f"start on day {LAG:g}. Size: how often, in per cent, a test at 5% calls an interaction "
        "that is not there. *lowest AIC* fits all "
        "shapes and tests in the one that fits best. Bias of log(observed / expected) on the day, "
        "and in standard deviations of the estimate.",
        "",
        "| truth | mice an arm | fitted | size | bias | bias, SD | has the lowest AIC, % |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['truth']} | {r['n']} | {r['method']} | {100 * r['size']:.1f} | {r['bias']:.3f} "
        f"| {r['bias_in_sd']:.2f} | {_share(r['lowest_aic'])} |"
        for r in table.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.0f}"


if __name__ == "__main__":
    write_table("curved", __doc__, STUDIES, run, page)
