"""asynclint: a static checker for async-task misuse in FastAPI and asyncio code."""

__version__ = "0.1.0"

HOME = "https://github.com/asynclint/asynclint"
"""Where the project lives; every address of its pages begins so."""
