"""Questions about the whole population over HTTP. Collections: experiments, reaches."""

from fastapi import APIRouter, Request

from libs.chassis.http import Caller
from services.matching.domain.studies.study import Experiment, NewExperiment, NewReach, Reach
from services.matching.http.parts import desk_of
from services.matching.operations.studies import laboratory, reach

router = APIRouter(prefix="/v1", tags=["laboratory"])


@router.post("/experiments", status_code=202)
def ask_experiment(body: NewExperiment, call: Caller) -> Experiment:
    """What a change would do to all firms of the territory. It runs by itself: look again under its id."""
    return call.write(laboratory.ask_experiment, body)


@router.get("/experiments/{experiment_id}")
def get_experiment(experiment_id: str, call: Caller) -> Experiment:
    """How far it is, and what came of it."""
    return call.read(laboratory.get_experiment, experiment_id)


@router.post("/reaches", status_code=202)
def ask_reach(body: NewReach, call: Caller, request: Request) -> Reach:
    """Whom a product of one's own fits, what keeps the others out, and what other terms would do."""
    owners = reach.Owners(desk_of(request).catalogue.index.bank_of)
    return call.write(reach.ask_reach, owners, body)


@router.get("/reaches/{reach_id}")
def get_reach(reach_id: str, call: Caller) -> Reach:
    """How far it is, and what came of it; names of those only who agree today to be found."""
    return call.read(reach.get_reach, reach_id)
