"""Which likelihood model answers in this process."""

import time
from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.operations.models import model_on
from services.matching.operations.rulebook import Rulebook


class ModelInForce:
    """Looks into the register every few seconds, and on another day at once: a promotion counts from a day on, so a
    replica is never late by more. Only replaced, never changed: any thread may read while another looks."""

    def __init__(self, every: float = 5.0) -> None:
        self.every = every
        self._day: date | None = None
        self._looked = 0.0
        self._model: LikelihoodModel | None = None
        self._made: tuple[Rulebook, Rulebook] | None = None  # of the cold start, and with the model

    def due(self, today: date) -> bool:
        return self._day != today or time.monotonic() - self._looked >= self.every

    def look(self, tx: ReadTx) -> None:
        """Where it is due."""
        if self.due(tx.today):
            self._model = model_on(tx, tx.today)
            self._day, self._looked = tx.today, time.monotonic()

    def rules(self, cold: Rulebook) -> Rulebook:
        """The rulebook with the model in force; the same one while nothing changes."""
        model = self._model
        if model is None or model is cold.model:
            return cold
        made = self._made
        if made is None or made[0] is not cold or made[1].model is not model:
            made = self._made = (cold, replace(cold, model=model))
        return made[1]
