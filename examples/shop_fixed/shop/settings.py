"""Settings: built-in values, and a JSON file that overrides them."""

import os
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel


class Settings(BaseModel):
    """What can be changed without touching the code."""

    data: Path = Path(tempfile.gettempdir()) / "shop"
    providers_url: str | None = None
    """Where the payment provider and the carrier answer; without it a sandbox in this process does."""
    voucher: str = "CREMA"
    wrong_voucher_delay: float = 0.1
    watch_interval: float = 30.0
    compressor: list[str] = [sys.executable, "-m", "gzip"]
    announcement: str = "Open all day"


def load_settings() -> Settings:
    """The settings of the file that SHOP_SETTINGS names, or the built-in ones."""
    path = os.environ.get("SHOP_SETTINGS")
    if path is None:
        return Settings()
    return Settings.model_validate_json(Path(path).read_text(encoding="utf-8"))
