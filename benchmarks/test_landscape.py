"""The whole landscape of a study: under ten seconds, import and reading apart."""

from __future__ import annotations

import smartcombo as sc
from smartcombo.immune.example import write_example_samples
from smartcombo.study.example import write_example

LIMIT_SECONDS = 10.0


def test_landscape_genes_and_claims_of_a_study(benchmark, tmp_path) -> None:
    study = sc.read_study(write_example_samples(write_example(tmp_path / "study")))

    def whole() -> sc.Result:
        """Return the claims of a study of two models, four arms and six animals an arm."""
        landscape = sc.immune.landscape(study)
        sc.immune.differential(study)
        return sc.evidence.claims(study, [landscape])

    benchmark.group = "landscape of a study"
    result = benchmark.pedantic(whole, rounds=2)
    assert len(result.tables["headlines"]) == 6
    assert benchmark.stats.stats.max < LIMIT_SECONDS
