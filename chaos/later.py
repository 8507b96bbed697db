"""A release to come, made of a copy of this one: it reads one more topic, and writes pages of the next row version."""

import shutil
from pathlib import Path

LATER = "nps.later"
"""The topic that only it knows."""
_PRODUCT = Path(__file__).parents[1] / "streams"
_ADDED = {
    "domain/page.py": """
ROW_VERSION += 1
""",
    "topology.py": f"""
LATER = Topic(name="{LATER}", key="brand|store", what="what a later release reads", config=_COMPACT)
TOPICS = (*TOPICS, LATER)
AGENTS = (*AGENTS, Agent(name="read_later", reads=LATER, keeps=()))
""",
    "app/wiring.py": """
from streams.engine.shard import Handled

def _read_later(shard, records):
    return Handled(len(records), {"counted": len(records)})

HANDLERS = {**HANDLERS, "read_later": _read_later}
""",
}
"""What stands at the end of its files, beside what stands there now."""


def later_release(folder: Path) -> Path:
    """Make it in a folder that does not exist yet; gives what has to be on PYTHONPATH for it."""
    shutil.copytree(_PRODUCT, folder / "streams", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in _ADDED.items():
        with (folder / "streams" / name).open("a") as file:
            file.write(text)
    return folder
