"""One chart a file: data in, Plotly figure out."""
