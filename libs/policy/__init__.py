"""The numbers of the rules as dated data: `load()` the files, ask the `PolicySet`."""

from libs.policy.loading import PolicyFileError, load
from libs.policy.parameter import Confidence, Entry, Parameter, Source, Unit
from libs.policy.policy_set import NoPolicyValue, PolicySet

__all__ = [
    "Confidence",
    "Entry",
    "NoPolicyValue",
    "Parameter",
    "PolicyFileError",
    "PolicySet",
    "Source",
    "Unit",
    "load",
]
