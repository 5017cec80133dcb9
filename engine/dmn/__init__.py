"""Decisions: DMN 1.1 to 1.5 models, compiled and evaluated, on top of engine.feel."""

from engine.dmn.build import DecisionModel, DecisionResult, parse_dmn
from engine.dmn.errors import DmnError, Problem
from engine.dmn.explanation import Explanation, MatchedRule, TableExplanation

__all__ = [
    "DecisionModel",
    "DecisionResult",
    "DmnError",
    "Explanation",
    "MatchedRule",
    "Problem",
    "TableExplanation",
    "parse_dmn",
]
