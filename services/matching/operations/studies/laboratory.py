"""The policy laboratory's door: a supervisor asks what a change would do; the answer comes later, by itself."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden
from libs.registry.regions import within
from services.matching.domain.studies.study import Experiment, ExperimentResult, NewExperiment
from services.matching.operations.studies import studies

ASKERS = (Role.REGULATOR, Role.OPERATOR)


def ask_experiment(tx: WriteTx, by: Principal, new: NewExperiment) -> Experiment:
    """Over all firms of the asker's territory. Nothing is changed by it but what it is told."""
    by.require(*ASKERS)
    most = studies.study_rules(tx).experiments_a_day
    return get_experiment(tx, by, studies.keep(tx, by, studies.EXPERIMENT, new, most))


def get_experiment(tx: ReadTx, by: Principal, experiment_id: str) -> Experiment:
    """One of the office's own; of a wider territory only to who supervises all of that."""
    by.require(*ASKERS)
    row = studies.found(tx, by, studies.EXPERIMENT, experiment_id)
    if not within(row.territory, by.territory):
        raise Forbidden("It was asked for another territory than yours.", field="experiment_id")
    return Experiment(**studies.fields(row, NewExperiment, ExperimentResult))
