"""Made-up firms with believable joint distributions, and six made by hand."""

from app.demo.population.firms import DemoFirm, firms
from app.demo.population.shapes import credit_query
from app.demo.population.stories import stories

__all__ = ["DemoFirm", "credit_query", "firms", "stories"]
