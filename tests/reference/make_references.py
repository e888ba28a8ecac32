"""Make ``lmertest.csv`` beside this file; needs R with lme4, lmerTest, pbkrtest and the studies.

python tests/reference/make_references.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from reference_designs import CONSTRAINED_SETS, constrained_rows, synthetic_rows

HERE = Path(__file__).parent


def main() -> None:
    """Write the designs, run R, and keep its table."""
    tables = synthetic_rows() | {name: constrained_rows(name) for name in CONSTRAINED_SETS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key, rows in tables.items():
            rows.to_csv(folder / f"{key}.csv", index=False)
        subprocess.run(["Rscript", str(HERE / "make_references.R"), name], check=True)
        (HERE / "lmertest.csv").write_text((folder / "lmertest.out").read_text())
    print("wrote lmertest.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
