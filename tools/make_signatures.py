"""Write the gene lists of the panel from a table of published signatures.

python tools/make_signatures.py SIGNATURES.csv

The table has one row a gene of a signature: signature, gene_human, gene_mouse (``|`` between the
mouse genes of one human gene), weight, mapping. Names and weights are facts of the papers that
panel.py cites.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from smartcombo.immune.panel import HOUSEKEEPERS, PANEL

OUT = Path(__file__).resolve().parents[1] / "src" / "smartcombo" / "immune" / "data"
COLUMNS = ["signature", "gene_human", "gene_mouse", "weight", "mapping"]


def main(source: str) -> None:
    """Write signatures.csv of the package."""
    table = pd.read_csv(source)
    names = {one.source: one.id for one in PANEL} | {HOUSEKEEPERS: HOUSEKEEPERS}
    kept = table[table["signature"].isin(names)].copy()
    lost = set(names) - set(kept["signature"])
    if lost:
        raise SystemExit(f"no genes of {sorted(lost)} in {source}")
    own = {one.source: one.only for one in PANEL if one.only}
    kept = kept[[row.gene_human in own.get(row.signature, (row.gene_human,))
                 for row in kept.itertuples()]]  # fmt: skip
    kept["signature"] = kept["signature"].map(names)
    order = {name: k for k, name in enumerate(names.values())}
    kept = kept.sort_values("signature", key=lambda ids: ids.map(order), kind="stable")
    kept[COLUMNS].to_csv(OUT / "signatures.csv", index=False, lineterminator="\n")
    print(f"{len(kept)} genes of {kept['signature'].nunique()} signatures")


if __name__ == "__main__":
    main(sys.argv[1])
