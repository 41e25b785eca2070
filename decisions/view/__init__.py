"""What the page and the report say of a decision: what would change it, how sure it is, and how to go back."""

from decisions.view.building import decision_view
from decisions.view.plain import view_to_dict
from decisions.view.values import DecisionView

__all__ = ["DecisionView", "decision_view", "view_to_dict"]
