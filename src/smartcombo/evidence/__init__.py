"""What several results say together: claims within a study, and evidence over a programme."""

from __future__ import annotations

from smartcombo.evidence.claims import Linked, claims
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_gather import gather, study_results, without_each_study

__all__ = ["Evidence", "Linked", "claims", "gather", "study_results", "without_each_study"]
