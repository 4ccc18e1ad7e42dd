"""The examination of a dataset before any money is spent: what is wrong, and the best it allows."""

from corpus.examine.examination import Examination
from corpus.examine.run import examine

__all__ = ["Examination", "examine"]
