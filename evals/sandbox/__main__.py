from evals.sandbox.cli import app

app(prog_name="python -m evals.sandbox")
