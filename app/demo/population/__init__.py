"""Made-up firms with believable joint distributions, and six made by hand."""

from app.demo.population.firms import DemoFirm, firms
from app.demo.population.stories import stories

__all__ = ["DemoFirm", "firms", "stories"]
