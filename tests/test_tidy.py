"""The house rules that a linter does not know."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINES_MAX = 300
FUNCTION_LINES_MAX = 50
DRAWERS = {"utils", "util", "helpers", "common", "misc", "types", "constants"}
REGISTRY_HOSTS = tuple(
    host[::-1]
    for host in (
        "gro.ipyp",
        "gro.detsohnohtyp",
        "gro.nevam",
        "nevam/gro.ehcapa",
        "gro.sjmpn",
        "moc.sjmpn",
        "naibed/gro.naibed",
    )
)
"""Written backwards, so as not to name them here."""


def _sources() -> list[Path]:
    return [path for folder in ("streams", "tests", "bench", "chaos") for path in sorted((ROOT / folder).rglob("*.py"))]


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            doc = ast.get_docstring(node, clean=False)
            first = body[1] if doc is not None and len(body) > 1 else body[0]
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - first.lineno + 1


def test_files_hold_one_idea() -> None:
    """No source file of the product has more than 300 lines."""
    long = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in (ROOT / "streams").rglob("*.py")
    }

    assert {} == {path: lines for path, lines in long.items() if lines > LINES_MAX}


def test_functions_are_read_at_one_sitting() -> None:
    """No function of the product has a body of more than 50 lines."""
    long = [
        (str(path.relative_to(ROOT)), name, lines)
        for path in _sources()
        if "tests" not in path.parts  # lists of cases may be long
        for name, lines in _functions(path)
        if lines > FUNCTION_LINES_MAX
    ]

    assert [] == long


def test_there_is_no_drawer() -> None:
    """Nothing is called utils: a name says what a thing is."""
    assert [] == [str(path) for path in _sources() if path.stem in DRAWERS]


def test_no_download_host_is_named() -> None:
    """The tools know where packages come from; whoever has a mirror tells them, not us."""
    names = ("*.py", "*.toml", "*.lock", "*.md", "*.yml", "*.yaml", "Makefile", "Dockerfile", "*.txt", "*.json")
    files = {path for name in names for path in ROOT.rglob(name) if not {".venv", ".git"} & set(path.parts)}
    naming = {str(path.relative_to(ROOT)) for path in files for host in REGISTRY_HOSTS if host in path.read_text()}

    assert set() == naming
