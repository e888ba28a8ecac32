"""Make ``weights_data.csv`` and ``weights.csv``; needs R with nlme, lmerTest and pbkrtest.

python tests/reference/make_weights.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from weight_study import weighed_study

HERE = Path(__file__).parent


def main() -> None:
    """Write the weighings as read, and what R makes of them."""
    with tempfile.TemporaryDirectory() as name:
        weights = weighed_study(Path(name)).weights
    weights[["arm", "animal", "day", "weight_g"]].to_csv(HERE / "weights_data.csv", index=False)
    subprocess.run(["Rscript", str(HERE / "make_weights.R"), str(HERE)], check=True)


if __name__ == "__main__":
    main()
