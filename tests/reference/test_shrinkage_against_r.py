"""Shrunken estimates are metafor's: ``rma`` and ``blup``, by ``make_shrinkage.R``."""

from pathlib import Path

import pandas as pd
import pytest

from smartcombo.stats.shrinkage import shrink

TABLE = pd.read_csv(Path(__file__).with_name("shrinkage.csv"))


@pytest.mark.parametrize("design", ["spread", "alike", "many"])
@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_shrunken_estimates_and_their_errors_are_those_of_metafor(design: str, method: str) -> None:
    rows = TABLE[(TABLE["design"] == design) & (TABLE["method"] == method)]
    got = shrink(rows["yi"].to_numpy(), rows["vi"].to_numpy(), method)
    # REML is found by a search on tau here and by Fisher scoring there.
    close = 1e-5 if method == "REML" else 1e-9
    assert got.tau2 == pytest.approx(rows["tau2"].iloc[0], abs=close)
    assert got.mean == pytest.approx(rows["mu"].iloc[0], abs=close)
    assert got.mean_se == pytest.approx(rows["mu_se"].iloc[0], abs=close)
    assert got.value == pytest.approx(rows["blup"].to_numpy(), abs=close)
    assert got.se == pytest.approx(rows["blup_se"].to_numpy(), abs=close)


def test_the_reference_holds_sets_with_and_without_spread() -> None:
    spread = TABLE.groupby("design")["tau2"].first()
    assert (spread > 0).sum() == 2
    assert (spread == 0).sum() == 1
