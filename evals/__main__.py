"""``python -m evals``: run, watch, cancel, compare, export."""

from __future__ import annotations

import sys

import typer

from evals.commands.archive import archive
from evals.commands.comparing import compare
from evals.commands.divergence import divergence
from evals.commands.endpoint import app as endpoint_app
from evals.commands.forecast import forecast
from evals.commands.gpu import gpu_check
from evals.commands.health import health
from evals.commands.importing import forget, import_runs, imports
from evals.commands.names import list_names
from evals.commands.pictures import pictures
from evals.commands.preflight import preflight
from evals.commands.quantizing import export_variant, quantizations, sensitivity, suspects
from evals.commands.race import race
from evals.commands.runs import cancel, export, resume, run, status
from evals.commands.store import app as store_app
from evals.commands.tasks import app as task_app
from evals.sandbox.cli import app as sandbox_app

app = typer.Typer(help="Measure how good quantized variants are.", no_args_is_help=True, add_completion=False)
app.add_typer(sandbox_app, name="sandbox", help="Check or use the sandbox for model-written code.")
app.add_typer(endpoint_app, name="endpoint", help="Models behind an OpenAI-compatible API.")
app.add_typer(task_app, name="task", help="Tasks of your own: from a table, or by name from lm-eval.")
app.add_typer(store_app, name="store", help="Check, back up or restore the results.")
for command in (
    run, race, status, cancel, resume, compare, divergence, forecast, export, quantizations, sensitivity, suspects,
    export_variant, gpu_check, pictures, preflight, health, archive,
):  # fmt: skip
    app.command()(command)
app.command("list")(list_names)
app.command("import")(import_runs)
for command in (imports, forget):
    app.command()(command)


if __name__ == "__main__":
    sys.exit(app())
