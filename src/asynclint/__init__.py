"""asynclint: a static checker for async-task misuse in FastAPI and asyncio code."""

__version__ = "0.1.0"
