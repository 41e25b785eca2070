"""Tables people bring: CSV, TSV, JSON lines, XLSX. Every cell stays the text it was; what cannot be read is named."""

from evals.tabular.reading import read_file, read_table
from evals.tabular.table import Options, Table, TableError

__all__ = ["Options", "Table", "TableError", "read_file", "read_table"]
