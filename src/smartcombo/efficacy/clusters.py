"""Cages and batches in the growth model: random effects above the animal, and what they change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit
from smartcombo.stats.inference import TInference
from smartcombo.stats.mixed_kernel import rank_deficient
from smartcombo.stats.nested import Level, NestedFit, fit_nested


@dataclass(frozen=True)
class Clusters:
    """The clusters of a frame: number of each animal, shape ``(m,)``, and whether they are whole.

    ``between`` is clusters minus arms where every cluster holds one arm, else infinite: no contrast
    of arms can have more degrees of freedom.
    """

    member: Ints
    count: int
    between: float


def clusters_of(frame: GrowthFrame, name: str) -> Clusters:
    """Return the clusters of the animals of a frame; an animal without one is its own."""
    first = frame.rows.iloc[frame.start[:-1]]
    stated = first[name].fillna("").astype(str).to_numpy()
    labels = [label or f"\x00{animal}" for label, animal in zip(stated, frame.animals, strict=True)]
    member, kinds = pd.factorize(np.array(labels, dtype=object))
    arms = pd.Series(frame.arm_of).groupby(member).nunique()
    whole = bool((arms == 1).all())
    between = float(len(kinds) - len(frame.arms)) if whole else np.inf
    return Clusters(member.astype(np.int64), len(kinds), between)


def clustered_fit(design: LongDesign, frame: GrowthFrame, name: str) -> tuple[MixedFit, TInference]:
    """Return the growth model with random intercept and slope of a cluster above the animal.

    The animal's covariance in the fit is the sum of both levels, so that residuals and curves of
    single animals mean what they do elsewhere.
    """
    if rank_deficient(design.X.T @ design.X):
        from smartcombo.stats.inference import model_inference
        from smartcombo.stats.mixed import fit_mixed

        plain = fit_mixed(design)
        return plain, model_inference(plain, design, "satterthwaite")
    clusters = clusters_of(frame, name)
    nested = nested_fit(design, clusters)
    q = design.Z.shape[1]
    fit = MixedFit(
        beta=nested.beta,
        cov_beta=nested.cov_beta,
        D=np.asarray(np.sum(nested.covariances, axis=0)),
        sigma2=nested.sigma2,
        variance_model="common",
        variance_parameters=np.empty(0),
        residual_sd=np.full(len(design.y), np.sqrt(nested.sigma2)),
        loglik=nested.loglik,
        reml=True,
        status=nested.status,
        n_iterations=q,
    )
    return fit, _limited(nested.inference, clusters.between)


def nested_fit(design: LongDesign, clusters: Clusters) -> NestedFit:
    """Return the nested fit of animals within clusters."""
    columns = tuple(range(design.Z.shape[1]))
    animal = np.arange(design.n_subjects)
    return fit_nested(design, [Level(animal, columns), Level(clusters.member, columns)])


def _limited(inference: TInference, between: float) -> TInference:
    """Return inference with at most the degrees of freedom between clusters (none: no interval)."""
    if np.isinf(between):
        return inference

    def degrees(c: Floats) -> float:
        """Return the smaller of Satterthwaite's and those between clusters."""
        own = inference.degrees(c)
        return min(own, between) if between > 0 else np.nan

    return replace(inference, degrees=degrees)


def slope_share(nested: NestedFit) -> float:
    """Return the share of the variation of growth rates between animals that clusters explain."""
    animal, cluster = (float(level[-1, -1]) for level in nested.covariances)
    total = animal + cluster
    return cluster / total if total > 0 else 0.0
