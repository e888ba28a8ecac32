"""Random effects on nested levels: the numbers of lme4, lmerTest and nlme (make_nested.R)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.stats.design import LongDesign
from smartcombo.stats.nested import Level, NestedFit, fit_nested

HERE = Path(__file__).parent
ARMS = ("v", "a", "b", "ab")
LME4 = 1e-6
"""lme4 restarted from its own optimum."""
DEGREES = 1e-4
"""lmerTest differentiates the covariance numerically (Richardson)."""
NLME = 2e-5
"""nlme stops where its own criterion does; its log likelihood is 1e-9 below lme4's."""


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return pd.read_csv(HERE / "nested_r.csv").set_index(["model", "name"])["value"]


def design(covariate: bool = False) -> tuple[LongDesign, np.ndarray]:
    """Return the design of nested_data.csv, and the cage of each animal."""
    rows = pd.read_csv(HERE / "nested_data.csv")
    codes, _ = pd.factorize(rows["animal"])
    rows = rows.assign(code=codes).sort_values(["code", "day"], kind="stable")
    day, one = rows["day"].to_numpy(float), np.ones(len(rows))
    columns = [one, *(day * (rows["arm"] == arm) for arm in ARMS)]
    if covariate:
        male = (rows["sex"] == "m").to_numpy(float) - 0.5
        columns += [male, male * day]
    first = np.flatnonzero(np.diff(np.r_[-1, rows["code"]]))
    cage, _ = pd.factorize(rows["cage"].to_numpy()[first])
    built = LongDesign(
        y=rows["y"].to_numpy(float),
        X=np.column_stack(columns).astype(float),
        Z=np.column_stack([one, day]),
        start=np.r_[first, len(rows)].astype(np.int64),
        group=np.zeros(len(first), dtype=np.int64),
        time=day,
    )
    return built, cage.astype(np.int64)


def fitted(model: str) -> NestedFit:
    built, cage = design(model == "covariate")
    animal = np.arange(built.n_subjects)
    columns = (1,) if model == "slope" else (0, 1)
    return fit_nested(built, [Level(animal, (0, 1)), Level(cage, columns)])


@pytest.mark.parametrize("model", ["slope", "both", "covariate"])
def test_variances_estimates_and_degrees_of_freedom_are_those_of_lme4(
    model: str, reference: pd.Series
) -> None:
    fit, want = fitted(model), reference[model]
    animal, cage = fit.covariances
    assert animal[0, 0] == pytest.approx(want["vc animal (Intercept) NA"], rel=LME4)
    assert animal[1, 1] == pytest.approx(want["vc animal day NA"], rel=LME4)
    assert cage[-1, -1] == pytest.approx(want["vc cage day NA"], rel=LME4)
    assert fit.sigma2 == pytest.approx(want["vc Residual NA NA"], rel=LME4)
    names = ["(Intercept)", *(f"t_{arm}" for arm in ARMS)]
    names += ["male", "day:male"] if model == "covariate" and "beta day:male" in want else []
    for k, name in enumerate(names):
        test = fit.inference.tests(np.eye(len(fit.beta))[k])[0]
        assert test.value == pytest.approx(want[f"beta {name}"], rel=LME4)
        assert test.se == pytest.approx(want[f"se {name}"], rel=LME4)
        assert test.df == pytest.approx(want[f"df {name}"], rel=DEGREES)
    contrast = np.zeros(len(fit.beta))
    contrast[1:5] = [1, -1, -1, 1]
    bliss = fit.inference.tests(contrast)[0]
    assert bliss.value == pytest.approx(want["bliss value"], rel=LME4)
    assert bliss.se == pytest.approx(want["bliss se"], rel=LME4)
    assert bliss.df == pytest.approx(want["bliss df"], rel=DEGREES)
    assert fit.loglik == pytest.approx(want["loglik"], rel=1e-9)


def test_standard_errors_are_those_of_nlme(reference: pd.Series) -> None:
    fit, want = fitted("both"), reference["nlme"]
    for k, name in enumerate(["(Intercept)", *(f"t_{arm}" for arm in ARMS)]):
        assert np.sqrt(fit.cov_beta[k, k]) == pytest.approx(want[f"se {name}"], rel=NLME)
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-6)
