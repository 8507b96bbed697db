"""Programs beside Python and Kafka that a few tests use, and that may be missing on a person's machine."""

import shutil
from pathlib import Path

# The names each goes by, and Debian's package.
_NAMES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    "promtool": ("promtool",),
}
PACKAGES = {"chromium": "chromium", "promtool": "prometheus"}


def find_tool(name: str) -> Path | None:
    """Return the program a test marked `needs(name)` may run; None where it is missing."""
    found = (shutil.which(each) for each in _NAMES[name])
    return next((Path(path) for path in found if path), None)
