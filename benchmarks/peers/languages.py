"""Rule languages and a plain loop: each product judged by itself, each of its criteria told.

They say of every criterion whether it holds, so that the failed ones are known.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import cel
import rule_engine
import zen
from business_rules.engine import check_condition
from business_rules.variables import BaseVariables, numeric_rule_variable
from json_logic import jsonLogic
from pydantic import BaseModel

from benchmarks.peers.question import INDUSTRY, REGION, TOP, Facts, Market, Product, Rule
from services.matching.index.query import Query


class Criterion(BaseModel):
    field: str
    low: int
    high: int
    codes: frozenset[int]

    def holds(self, facts: Facts) -> bool:
        value = facts[self.field]
        if value is None:
            return True
        return value in self.codes if self.codes else self.low <= value <= self.high


class Loan(BaseModel):
    number: int
    cost: int
    region: int
    industry: int
    criteria: list[Criterion]


class PydanticLoop:
    """A loop of predicates over pydantic objects."""

    name = "pydantic loop"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._loans = [
            Loan(
                number=number,
                cost=product.cost,
                **market.place_of(number),
                criteria=[
                    Criterion(field=rule.field, low=rule.low, high=rule.high, codes=frozenset(rule.codes))
                    for rule in product.rules
                ],
            )
            for number, product in enumerate(market.products)
        ]

    def ask(self, query: Query) -> int:
        facts, places = self._market.facts(query), self._market.places(query)
        regions, industries = set(places[REGION]), set(places[INDUSTRY])
        fitting: list[Loan] = []
        for loan in self._loans:
            failed = [rule.field for rule in loan.criteria if not rule.holds(facts)]
            if loan.region in regions:
                failed.append(REGION)
            if loan.industry in industries:
                failed.append(INDUSTRY)
            if not failed:
                fitting.append(loan)
        heapq.nsmallest(TOP, fitting, key=lambda loan: (loan.cost, loan.number))
        return len(fitting)


class _Expressions:
    """A compiled list of conditions a product; `null`, `or`, `and` and `not` as the language writes them."""

    null, either, both, never = "null", "or", "and", "not"

    def __init__(self, market: Market) -> None:
        self._market = market
        compiled = (self.compile(self._text(market, number)) for number in range(len(market.products)))
        self._programs = list(compiled)

    def compile(self, text: str) -> Callable[[dict[str, object]], Sequence[bool]]:
        raise NotImplementedError

    def ask(self, query: Query) -> int:
        context = self._market.context(query)
        fitting = [number for number, judge in enumerate(self._programs) if all(judge(context))]
        return cheapest(self._market, fitting)

    def _text(self, market: Market, number: int) -> str:
        product, place = market.products[number], market.place_of(number)
        conditions = [self._condition(rule) for rule in product.rules]
        conditions += [f"{self.never} ({place[name]} in not_{name})" for name in (REGION, INDUSTRY)]
        return f"[{', '.join(conditions)}]"

    def _condition(self, rule: Rule) -> str:
        name = rule.field
        if rule.codes:
            fits = f"{name} in {list(rule.codes)}"
        else:
            fits = f"({name} >= {rule.low} {self.both} {name} <= {rule.high})"
        return f"({name} == {self.null} {self.either} {fits})"


class Zen(_Expressions):
    name = "zen expression"

    def compile(self, text: str) -> Callable[[dict[str, object]], Sequence[bool]]:
        return zen.compile_expression(text).evaluate


class Cel(_Expressions):
    name = "cel"
    either, both, never = "||", "&&", "!"

    def compile(self, text: str) -> Callable[[dict[str, object]], Sequence[bool]]:
        return cel.compile(text).execute


class RuleEngine(_Expressions):
    """Its rules answer yes or no, so every condition is a rule of its own."""

    name = "rule-engine"

    def _text(self, market: Market, number: int) -> str:
        return super()._text(market, number)[1:-1].replace("), (", ");(").replace("), not", ");not")

    def compile(self, text: str) -> Callable[[dict[str, object]], Sequence[bool]]:
        rules = [rule_engine.Rule(condition) for condition in text.split(";")]
        return lambda context: [rule.matches(context) for rule in rules]


class JsonLogic:
    name = "json-logic"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rules = [
            [*map(_logic, product.rules), *self._places(number)]
            for number, product in enumerate(market.products)
        ]

    def ask(self, query: Query) -> int:
        context = self._market.context(query)
        judged = ([jsonLogic(rule, context) for rule in rules] for rules in self._rules)
        return cheapest(self._market, [number for number, held in enumerate(judged) if all(held)])

    def _places(self, number: int) -> list[Any]:
        place = self._market.place_of(number)
        return [{"!": {"in": [place[name], {"var": f"not_{name}"}]}} for name in (REGION, INDUSTRY)]


def _logic(rule: Rule) -> Any:
    value = {"var": rule.field}
    if rule.codes:
        fits: Any = {"in": [value, list(rule.codes)]}
    else:
        fits = {"<=": [rule.low, value, rule.high]}
    return {"or": [{"==": [value, None]}, fits]}


class BusinessRules:
    """Its variables have no word for unknown: a value that fails nothing stands for it."""

    name = "business-rules"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._variables = _variables(market.fields)

    def ask(self, query: Query) -> int:
        facts, places = self._market.facts(query), self._market.places(query)
        variables = self._variables(facts)
        fitting = [
            number
            for number, product in enumerate(self._market.products)
            if all(self._told(product, variables, facts))
            and all(self._market.place_of(number)[name] not in places[name] for name in (REGION, INDUSTRY))
        ]
        return cheapest(self._market, fitting)

    def _told(self, product: Product, variables: BaseVariables, facts: Facts) -> list[bool]:
        return [self._holds(rule, variables, facts) for rule in product.rules]

    def _holds(self, rule: Rule, variables: BaseVariables, facts: Facts) -> bool:
        if facts[rule.field] is None:
            return True
        if rule.codes:
            return any(_check(rule.field, "equal_to", code, variables) for code in rule.codes)
        least = _check(rule.field, "greater_than_or_equal_to", rule.low, variables)
        return least and _check(rule.field, "less_than_or_equal_to", rule.high, variables)


def _check(field: str, operator: str, value: int, variables: BaseVariables) -> bool:
    return bool(check_condition({"name": field, "operator": operator, "value": value}, variables))


def _variables(fields: Iterable[str]) -> Callable[[Facts], BaseVariables]:
    def getter(field: str) -> Any:
        def read(self: Any) -> int:
            return self.facts[field] or 0

        read.__name__ = field
        return numeric_rule_variable(read)

    def __init__(self: Any, facts: Facts) -> None:
        self.facts = facts

    members = {field: getter(field) for field in fields} | {"__init__": __init__}
    return cast(Callable[[Facts], BaseVariables], type("Variables", (BaseVariables,), members))


class ZenTable:
    """A decision table, a row a product: it tells the products that fit, and of the others nothing."""

    name = "zen decision table"

    def __init__(self, market: Market) -> None:
        self._market = market
        content = {"nodes": _nodes(market), "edges": _EDGES}
        self._decision = zen.ZenEngine().create_decision(json.dumps(content))

    def ask(self, query: Query) -> int:
        context = self._market.context(query)
        rows = cast(list[dict[str, int]], self._decision.evaluate(context)["result"])
        return cheapest(self._market, [row["product"] for row in rows])


_EDGES = [
    {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
    {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
]


def _nodes(market: Market) -> list[Any]:
    inputs = [{"id": field, "name": field, "field": field} for field in market.fields]
    inputs += [{"id": name, "name": name, "field": f"not_{name}"} for name in (REGION, INDUSTRY)]
    table = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": "product", "name": "product", "field": "product"}],
        "rules": [_row(market, number, product) for number, product in enumerate(market.products)],
    }
    return [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]


def _row(market: Market, number: int, product: Product) -> dict[str, str]:
    cells = {rule.field: _cell(rule) for rule in product.rules}
    places = {name: f"not({place} in $)" for name, place in market.place_of(number).items()}
    return {"_id": str(number), "product": str(number)} | cells | places


def _cell(rule: Rule) -> str:
    if rule.codes:
        return f"null, {', '.join(map(str, rule.codes))}"
    return f"null, [{rule.low}..{rule.high}]"


def cheapest(market: Market, fitting: list[int]) -> int:
    heapq.nsmallest(TOP, fitting, key=lambda number: (market.products[number].cost, number))
    return len(fitting)
