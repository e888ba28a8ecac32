"""What the results of several studies say together: claims, grades, criteria, gates."""

from __future__ import annotations

from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_gather import gather, study_results, without_each_study

__all__ = ["Evidence", "gather", "study_results", "without_each_study"]
