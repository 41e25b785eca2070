"""Page frame and menu, inputs ↔ URL, charts, wording of numbers and verdicts."""
