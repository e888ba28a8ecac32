"""Mean curves with a parameter that enters nonlinearly: Gompertz growth, and a line that bends.

Given the nonlinear parameters psi both are linear mixed models. On the model's clock u, with u = 0
at baseline:

    gompertz    r B(u; rho),  B = (1 - exp(-rho u)) / rho      psi: one rho an arm
    piecewise   a u + b (u - bend)+                            psi: one bend for all arms

``B`` is u at rho = 0 and is defined for growing (r > 0) and regressing (r < 0) tumours alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from smartcombo.stats.design import Floats, Ints, LongDesign

CurvedShape = Literal["gompertz", "piecewise"]

SERIES = 0.02
"""Below this rho * u the series is used: its first neglected term is then under 1e-11."""
PLATEAU = 3.0
"""Largest rho times the first visit: beyond, the plateau is reached before anything is measured."""
ACCELERATION = 3.0
"""Largest -rho times the last visit, where growth may accelerate."""


def gompertz_clock(u: Floats, rho: Floats) -> Floats:
    """Return ``(1 - exp(-rho u)) / rho``, shape of ``u``; u where rho is 0."""
    x = rho * u
    small = np.abs(x) < SERIES
    safe = np.where(small, 1.0, x)
    series = 1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6))))
    return np.asarray(u * np.where(small, series, -np.expm1(-safe) / safe))


def gompertz_bend(u: Floats, rho: Floats) -> Floats:
    """Return the derivative of :func:`gompertz_clock` in rho, shape of ``u``."""
    x = rho * u
    small = np.abs(x) < SERIES
    safe = np.where(small, 1.0, x)
    series = -1 / 2 + x / 3 - x**2 / 8 + x**3 / 30 - x**4 / 144
    closed = (np.exp(-safe) * (1 + safe) - 1) / safe**2
    return np.asarray(u**2 * np.where(small, series, closed))


def basis(shape: CurvedShape, u: Floats, psi: Floats) -> Floats:
    """Return the time columns at clock ``u`` with each row's own psi, shape ``(len(u), n)``."""
    if shape == "gompertz":
        return gompertz_clock(u, psi)[:, None]
    return np.column_stack([u, np.clip(u - psi, 0.0, None)])


def last_derivative(shape: CurvedShape, u: Floats, psi: Floats) -> Floats:
    """Return the derivative of the last time column in psi, shape of ``u``; others do not move."""
    return gompertz_bend(u, psi) if shape == "gompertz" else -(u > psi).astype(float)


@dataclass(frozen=True)
class ShapedDesign:
    """A mixed model whose time columns depend on psi.

    Attributes
    ----------
    y
        Outcome, shape ``(N,)``.
    intercepts
        Fixed-effect columns that do not depend on time, shape ``(N, n0)``; may have none.
    u
        The model's clock in each row, shape ``(N,)``; 0 at baseline.
    start, group
        As in :class:`~smartcombo.stats.design.LongDesign`.
    random_intercept
        Whether animals differ at baseline; without, their curves alone are random.
    time
        Time of each row for the power-of-time variance, shape ``(N,)``.
    covariates
        Fixed-effect columns after those of time, which psi does not move, shape ``(N, c)``; by
        default none.
    """

    shape: CurvedShape
    y: Floats
    intercepts: Floats
    u: Floats
    start: Ints
    group: Ints
    random_intercept: bool
    time: Floats
    covariates: Floats | None = None

    @property
    def arm(self) -> Ints:
        """Return the arm of each row, shape ``(N,)``."""
        return np.repeat(self.group, np.diff(self.start))

    @property
    def n_arms(self) -> int:
        """Return the number of arms G."""
        return int(self.group.max()) + 1

    @property
    def n_psi(self) -> int:
        """Return the number of nonlinear parameters: one an arm, or one bend."""
        return self.n_arms if self.shape == "gompertz" else 1

    @property
    def n_basis(self) -> int:
        """Return the number of time columns of an arm."""
        return 1 if self.shape == "gompertz" else 2

    def of_row(self, psi: Floats) -> Floats:
        """Return each row's own psi, shape ``(N,)``."""
        return psi[self.arm] if self.shape == "gompertz" else np.full(len(self.u), psi[0])

    def design(self, psi: Floats) -> LongDesign:
        """Return the linear mixed model at known psi."""
        columns = basis(self.shape, self.u, self.of_row(psi))
        own = self.arm[:, None] == np.arange(self.n_arms)
        spread = (own[:, :, None] * columns[:, None, :]).reshape(len(self.u), -1)
        random = columns[:, 0] if self.shape == "gompertz" else self.u
        one = [np.ones_like(random)] if self.random_intercept else []
        more = [] if self.covariates is None else [self.covariates]
        return LongDesign(
            y=self.y,
            X=np.ascontiguousarray(np.column_stack([self.intercepts, spread, *more])),
            Z=np.ascontiguousarray(np.column_stack([*one, random])),
            start=self.start,
            group=self.group,
            time=self.time,
        )

    def steepness(self, beta: Floats) -> Floats:
        """Return each arm's coefficient of its last time column, shape ``(G,)``."""
        first = self.intercepts.shape[1]
        return beta[first : first + self.n_arms * self.n_basis][self.n_basis - 1 :: self.n_basis]

    def moves(self, psi: Floats, beta: Floats) -> Floats:
        """Return the derivative of the mean ``X beta`` in each psi, shape ``(N, k)``."""
        moved = self.steepness(beta)[self.arm] * self.turn(psi)
        return self.by_psi(moved)

    def turn(self, psi: Floats) -> Floats:
        """Return the derivative of each row's last time column in its psi, shape ``(N,)``."""
        return last_derivative(self.shape, self.u, self.of_row(psi))

    def by_psi(self, rows: Floats) -> Floats:
        """Return row values under the psi that rules them, zero elsewhere, shape ``(N, k)``."""
        if self.shape == "piecewise":
            return rows[:, None]
        return np.asarray(rows[:, None] * (self.arm[:, None] == np.arange(self.n_arms)))

    def limits(self, *, accelerating: bool = False) -> tuple[Floats, Floats]:
        """Return the lowest and the highest psi that these visits can tell, each ``(k,)``.

        Gompertz: from 0 (or growth that accelerates) to a plateau at the first visit. Bend: from
        the first visit after baseline to the last but one of the arm that is seen shortest.
        """
        first = float(self.u[self.u > 0].min())
        if self.shape == "gompertz":
            lowest = -ACCELERATION / float(self.u.max()) if accelerating else 0.0
            return np.full(self.n_arms, lowest), np.full(self.n_arms, PLATEAU / first)
        ends = [np.unique(self.u[self.arm == g])[-2:] for g in range(self.n_arms)]
        return np.array([first]), np.array([min(float(end[0]) for end in ends)])


def linearised(shaped: ShapedDesign, psi: Floats, beta: Floats, free: Ints) -> LongDesign:
    """Return the design with a column for each psi that is estimated, ``X beta`` moved by it.

    The covariance of its fixed effects is that of ``(beta, psi)``: so a contrast that holds the
    derivative in psi has the standard error of the delta method.
    """
    known = shaped.design(psi)
    X = np.column_stack([known.X, shaped.moves(psi, beta)[:, free]])
    return LongDesign(
        known.y, np.ascontiguousarray(X), known.Z, known.start, known.group, known.time
    )
