"""The joint model: growth, and leaving that depends on how fast an animal's tumour grows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.efficacy.leaving.panel import JOINT, Case
from smartcombo.stats.inference import TInference
from smartcombo.stats.joint import JointFit, Leaving, fit_joint

MINIMUM_LEAVERS = 3
"""Animals that must have left for other reasons before an association can be estimated."""
HALF_A_DAY = 0.5
"""Time under observation of an animal that left on the baseline day."""


@dataclass(frozen=True)
class Joint:
    """The joint model of one tumour model, or why there is none."""

    fitted: FittedGrowth | None
    fit: JointFit | None
    why_not: str = ""


def joint_model(case: Case) -> Joint:
    """Return the joint model of growth and leaving for a stated reason other than size.

    Leaving at the size limit, as planned, or for an unknown reason is censoring here.
    """
    events = int((case.leavers["kind"] == "other").sum())
    reference = case.reference
    if events < MINIMUM_LEAVERS:
        return Joint(
            None, None, f"{events} animals left for a stated reason other than size; at least "
            f"{MINIMUM_LEAVERS} are needed",
        )  # fmt: skip
    if reference.status in ("not_converged", "singular"):
        return Joint(None, None, "the growth model did not converge")
    own = case.leavers.set_index("animal").loc[list(case.frame.animals)]
    time = np.maximum(own["day"].to_numpy(float) - case.frame.baseline_day, HALF_A_DAY)
    left = (own["kind"] == "other").to_numpy(bool)
    below = case.frame.rows["at_limit"].to_numpy(bool) & (reference.censored > 0)
    fit = fit_joint(reference.design, Leaving(time, left), reference.fit, below)
    inference = reference.inference
    degrees = inference.degrees if isinstance(inference, TInference) else lambda _: float("inf")
    moved = replace(reference.fit, beta=fit.beta, cov_beta=fit.cov_beta, status=fit.status)
    fitted = replace(reference, fit=moved, inference=TInference(fit.beta, fit.cov_beta, degrees))
    return Joint(fitted, fit)


def association_row(case: Case, joint: Joint) -> dict[str, Any]:
    """Return the hazard ratio of leaving for one SD faster growth."""
    base = {
        "study": case.reading.study.id,
        "model": case.frame.model,
        "analysis": "leaving",
        "endpoint": "leaving",
        "question": "",
        "estimand": "association",
        "contrast": "",
        "null_model": "",
        "arm": "",
        "day": case.reading.day,
        "level": case.reading.level,
        "unit": "ratio",
        "scale": "hazard of leaving for a reason other than size, for one SD faster growth within "
        "an arm; above 1: faster tumours leave sooner",
        "n": len(case.frame.animals),
        "method": JOINT,
        "verdict": "",
    }
    fit = joint.fit
    if fit is None:
        return base | {"status": f"not estimable: {joint.why_not}", "verdict": "not estimable"}
    if fit.status == "not_converged":
        return base | {"status": fit.status, "verdict": "withheld"}
    half = float(stats.norm.ppf(0.5 + case.reading.level / 2)) * fit.association_se
    return base | {
        "value": float(np.exp(fit.association)),
        "low": float(np.exp(fit.association - half)),
        "high": float(np.exp(fit.association + half)),
        "p": float(2 * stats.norm.sf(abs(fit.association) / fit.association_se)),
        "status": fit.status,
    }
