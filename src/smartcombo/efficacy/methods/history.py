"""Methods of borrowing from earlier controls."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

METHODS: tuple[Method, ...] = (
    Method(
        id="history.robust-map/1",
        title="Earlier vehicle arms by a robust predictive prior",
        question="What do earlier vehicle arms of this tumour model add?",
        estimand="Growth rate of the vehicle, and differences from it, with a prior that "
        "mixes what earlier studies predict of a new one with a vague part; beside the same "
        "numbers without it.",
        assumptions=(
            "Earlier studies and today's are exchangeable but for a variation between studies.",
            "Estimates of growth rates are normal, their errors widened to the t interval.",
        ),
        when_not="The cell line, strain, site, supplier or person changed; today's vehicle is in "
        "conflict with earlier ones.",
        references=(
            Reference("Neuenschwander et al. 2010, Clin Trials 7:5", "10.1177/1740774509356002"),
            Reference("Schmidli et al. 2014, Biometrics 70:1023", "10.1111/biom.12242"),
            Reference("Box 1980, J R Stat Soc A 143:383", "10.2307/2982063"),
        ),
    ),
)
