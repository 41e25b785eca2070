"""How the tiny family was made: ``python -m data.models.training.train --help``."""
