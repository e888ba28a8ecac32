"""Small designs that the tests of the numerics share."""

from __future__ import annotations

import numpy as np

from smartcombo.stats.design import Floats, Ints, LongDesign


def simulated(
    seed: int = 1,
    *,
    mice: int = 5,
    visits: int = 6,
    arms: int = 4,
    missing: bool = True,
    slope_sd: float = 0.03,
    random: str = "both",
) -> LongDesign:
    """Return log volumes of ``arms`` arms: one intercept, a slope for each arm."""
    rng = np.random.default_rng(seed)
    pieces = []
    for animal in range(arms * mice):
        seen = visits - (animal % 3 if missing else 0)
        time = 3.0 * np.arange(seen)
        line = rng.normal(4.5, 0.3) + (rng.normal(0.12, slope_sd) - 0.02 * (animal // mice)) * time
        pieces.append((time, line + rng.normal(0, 0.2, seen)))
    lengths = np.array([len(time) for time, _ in pieces])
    time = np.concatenate([time for time, _ in pieces])
    group = np.repeat(np.arange(arms), mice)
    row_arm = np.repeat(group, lengths)
    columns = {"both": [np.ones_like(time), time], "slope": [time], "intercept": [time**0]}
    own = (row_arm[:, None] == np.arange(arms)) * time[:, None]
    return LongDesign(
        y=np.concatenate([y for _, y in pieces]),
        X=np.column_stack([np.ones_like(time), own]),
        Z=np.column_stack(columns[random]),
        start=np.r_[0, np.cumsum(lengths)].astype(np.int64),
        group=group.astype(np.int64),
        time=time + 1.0,
    )


def dense_covariance(design: LongDesign, D: Floats, residual_sd: Floats) -> Floats:
    """Return the whole marginal covariance, shape ``(N, N)``."""
    subject = np.repeat(np.arange(design.n_subjects), np.diff(design.start))
    same = subject[:, None] == subject
    return same * (design.Z @ D @ design.Z.T) + np.diag(residual_sd**2)


def dense_loglik(design: LongDesign, V: Floats, *, reml: bool) -> tuple[float, Floats, Floats]:
    """Return the (restricted) log likelihood by definition, beta and its covariance."""
    inverse = np.linalg.inv(V)
    S = design.X.T @ inverse @ design.X
    beta = np.linalg.solve(S, design.X.T @ inverse @ design.y)
    e = design.y - design.X @ beta
    n, p = design.X.shape
    value = np.linalg.slogdet(V)[1] + e @ inverse @ e + (n - p if reml else n) * np.log(2 * np.pi)
    if reml:
        value += np.linalg.slogdet(S)[1]
    return float(-0.5 * value), beta, np.linalg.inv(S)


def copied(design: LongDesign, counts: Ints) -> tuple[LongDesign, Ints]:
    """Return the design with each animal ``counts`` (m,) times, and the rows of each copy."""
    animal = np.repeat(np.arange(design.n_subjects), counts)
    lengths = np.diff(design.start)[animal]
    rows = np.concatenate([np.arange(design.start[i], design.start[i + 1]) for i in animal]).astype(
        np.int64
    )
    twin = LongDesign(
        y=design.y[rows],
        X=np.ascontiguousarray(design.X[rows]),
        Z=np.ascontiguousarray(design.Z[rows]),
        start=np.r_[0, np.cumsum(lengths)].astype(np.int64),
        group=design.group[animal],
        time=design.time[rows],
    )
    return twin, rows
