"""The app's own Plotly charts as SVG, without a browser: same marks, same labels, same places.

Drawn are the parts our charts are made of: scatter (lines, markers, text, error bars), bars, rectangles and lines as
shapes, annotations without arrows, linear, logarithmic and category axes, several panels. Anything else is refused by
name, so that no chart loses a part in silence.
"""
