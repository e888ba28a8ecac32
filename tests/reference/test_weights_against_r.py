"""The model of body weight against nlme and pbkrtest, the animal summaries against base R."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from weight_study import weighed_study

import smartcombo as sc
from smartcombo.efficacy import TolerabilityOptions
from smartcombo.efficacy.tolerability import _fitted
from smartcombo.study.model import Study

HERE = Path(__file__).parent
R = pd.read_csv(HERE / "weights.csv").set_index("quantity")
AT_19 = TolerabilityOptions(day=19)
OPTIMISER = 2e-6
"""lme4 and nlme stop where the deviance is flat; estimates of log weight agree to this."""
INFERENCE = 2e-3
"""Kenward-Roger takes derivatives in the variances, where the two optima differ most."""
EXACT = 1e-12


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return weighed_study(tmp_path_factory.mktemp("weighed"))


@pytest.fixture(scope="module")
def rows(study: Study) -> pd.DataFrame:
    return sc.efficacy.tolerability(study, AT_19).estimates


def test_the_study_is_the_one_that_r_was_given(study: Study) -> None:
    given = pd.read_csv(HERE / "weights_data.csv")
    pd.testing.assert_frame_equal(
        study.weights[["arm", "animal", "day", "weight_g"]], given, check_dtype=False
    )


@pytest.mark.parametrize("question", ["Q1", "Q2", "Q3", "Q4"])
def test_a_question_about_weight_has_the_numbers_of_pbkrtest(
    rows: pd.DataFrame, question: str
) -> None:
    asked = rows[(rows["endpoint"] == "body_weight") & (rows["estimand"] == "weight_log_ratio")]
    own = asked[asked["question"] == question].iloc[0]
    assert own["value"] == pytest.approx(R.loc[question, "kr_estimate"], abs=OPTIMISER)
    assert own["se"] == pytest.approx(R.loc[question, "kr_se"], rel=INFERENCE)
    assert own["df"] == pytest.approx(R.loc[question, "kr_df"], rel=INFERENCE)
    assert own["p"] == pytest.approx(R.loc[question, "kr_p"], rel=0.02)


def test_the_fit_is_that_of_nlme(study: Study) -> None:
    found = _fitted(study, study.models[0].id, AT_19, net=False)
    assert found is not None
    fitted = found[1]
    assert fitted is not None
    curve, time = fitted.curve, 12.0
    both, vehicle = curve.growth("both", time), curve.growth("vehicle", time)
    for quantity, c in (("change_both", both), ("Q1", both - vehicle)):
        value = float(c @ fitted.fit.beta)
        se = float(c @ fitted.fit.cov_beta @ c) ** 0.5
        assert value == pytest.approx(R.loc[quantity, "nlme_estimate"], abs=OPTIMISER)
        assert se == pytest.approx(R.loc[quantity, "nlme_se"], rel=INFERENCE)


def test_nadirs_have_the_numbers_of_t_test(rows: pd.DataFrame) -> None:
    arm = rows[(rows["estimand"] == "weight_nadir") & (rows["arm"] == "both")].iloc[0]
    gap = rows[(rows["estimand"] == "weight_nadir_difference") & (rows["question"] == "Q1")].iloc[0]
    for own, quantity in ((arm, "nadir_both"), (gap, "nadir_difference")):
        assert own["value"] == pytest.approx(R.loc[quantity, "kr_estimate"], abs=EXACT)
        assert own["se"] == pytest.approx(R.loc[quantity, "kr_se"], rel=EXACT)
        assert own["df"] == pytest.approx(R.loc[quantity, "kr_df"], rel=EXACT)
    assert gap["p"] == pytest.approx(R.loc["nadir_difference", "kr_p"], rel=1e-9)
