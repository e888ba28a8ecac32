"""Methods of a programme's evidence: how it is pooled, graded and gated."""

from __future__ import annotations

from smartcombo.core.method import Method, Reference

KNAPP = Reference("Hartung & Knapp 2001, Stat Med 20:3875", "10.1002/sim.791")
SYRCLE = Reference("Hooijmans et al. 2014, BMC Med Res Methodol 14:43", "10.1186/1471-2288-14-43")
ARRIVE = Reference("Percie du Sert et al. 2020, PLoS Biol 18:e3000410",
                   "10.1371/journal.pbio.3000410")  # fmt: skip
MODELS = Reference("Zhong et al. 2020, BMC Genomics 21:2", "10.1186/s12864-019-6344-3")
GRADE = Reference("Guyatt et al. 2008, BMJ 336:924", "10.1136/bmj.39489.470347.AD")

METHODS: tuple[Method, ...] = (
    Method(
        id="programme.measure/1",
        title="One measure over the studies of a programme",
        question="How large is the effect of a combination in a tumour, over all its studies?",
        estimand="Mean over studies of the measure in its own unit; plus is as the measure says. "
        "Tumour models within a study are pooled first, then studies, by random effects.",
        assumptions=(
            "Arms of different studies are the same where agents, stated doses and schedules are.",
            "Studies are exchangeable: what makes them differ is not known beforehand.",
        ),
        when_not="With two studies the interval says little: read the two answers themselves.",
        references=(KNAPP,),
    ),
    Method(
        id="programme.rigour/1",
        title="Rigour of the experiments",
        question="How far may the numbers of a study be trusted?",
        estimand="Score of 0 to 10: SYRCLE's ten items, unclear counted as a half; a letter from A "
        "down, with its moves; the share of ARRIVE's Essential 10 that the files state.",
        assumptions=("What the study folder does not state was not done or is unclear.",),
        when_not="Never as a factor of an effect: the grade stands beside it.",
        references=(SYRCLE, ARRIVE),
    ),
    Method(
        id="programme.carry-over/1",
        title="Carry-over to patients",
        question="What speaks for and against the same effect in patients?",
        estimand="A letter, from C for a mouse experiment up and down by stated moves.",
        assumptions=(
            "Each move counts one step; the steps are a convention and all are printed.",
            "Claims written by hand are as good as their citation.",
        ),
        when_not="As a prediction: no grade says that a patient will benefit.",
        references=(GRADE, MODELS),
    ),
    Method(
        id="programme.gates/1",
        title="Gates before weights",
        question="Is there a fact that no advantage elsewhere can outweigh?",
        estimand="Passed, not passed or not answered, each with its reason; a gate stops or "
        "cautions.",
        assumptions=(
            "Limits of weight loss are those of the protocol.",
            "Not answered is not a pass: it stays as a caution.",
        ),
        when_not="To delete a row: a stopped candidate is shown with its reason.",
        references=(GRADE,),
    ),
)
