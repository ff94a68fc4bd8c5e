"""What refuses a row, as its outcome tells it."""

from libs.chassis.problems import Problem
from services.matching.domain.many import RowProblem


def problem_row(problem: Problem) -> RowProblem:
    return RowProblem(type=problem.type_uri(), detail=problem.detail, field=problem.field, mend=problem.mend)
