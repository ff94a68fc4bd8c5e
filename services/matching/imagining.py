"""What both doors do with a question about an imagined firm: count it, then compute outside of any transaction."""

from libs.chassis.call import Call
from services.matching.desk import Desk
from services.matching.domain.answer import MatchRequest
from services.matching.domain.changes.whatif import (
    ChangesAnswer,
    ChangesRequest,
    ProductWhy,
    WhatIf,
    WhatIfRequest,
)
from services.matching.operations import why
from services.matching.operations.changes import whatif
from services.matching.operations.changes.whatif import Admitted


def ask(desk: Desk, call: Call, request: WhatIfRequest) -> WhatIf:
    return whatif.what_if(desk.catalogue, desk.book().rules, _admitted(call, request.asked), request)


def find_changes(desk: Desk, call: Call, request: ChangesRequest) -> ChangesAnswer:
    return whatif.changes_for(desk.catalogue, desk.book().rules, _admitted(call, request.asked), request)


def explain(desk: Desk, call: Call, match_id: str, product_id: str) -> ProductWhy:
    asked = call.read(why.question, match_id)
    return why.why(desk.catalogue, desk.book().rules, asked, product_id)


def _admitted(call: Call, request: MatchRequest) -> Admitted:
    most = call.database.policies.integer_on(whatif.LIMIT, call.today)
    return call.each_time().write(whatif.admit, request, most)
