"""The documents say what is so: pictures are generated, commands exist, links lead somewhere."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.settings import Settings
from streams.topology import to_mermaid

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "deploy").glob("*.md"),
        *(ROOT / "schemas").glob("*.md"),
    ]
)


def test_the_picture_of_the_topology_is_the_one_that_the_code_draws() -> None:
    """ARCHITECTURE.md holds the topology's own Mermaid text; `python -m streams.topology` prints it."""
    drawn = re.findall(r"```mermaid\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL)

    assert to_mermaid() in drawn


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(document: Path) -> None:
    """Every relative link and picture of a document is there."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    assert [] == [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_documents_exist(document: Path) -> None:
    """Every `nps` command and make target that a document shows can be called."""
    text = document.read_text()
    shown = set(re.findall(r"(?:^|[`/])nps ([a-z]+)", text, re.MULTILINE))
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()

    assert set() == shown - set(main.list_commands(None))  # type: ignore[arg-type]
    assert set() == {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_in_documents_exist(document: Path) -> None:
    """Every NPS_* variable that a document names is a setting."""
    named = set(re.findall(r"\bNPS_[A-Z_]+\b", document.read_text())) - {"NPS_CACHE_DIR"}

    assert set() == {name for name in named if name[4:].lower() not in Settings.__dataclass_fields__}


def test_every_command_has_help_worth_reading() -> None:
    """`nps COMMAND --help` says what it is for, and its exit status where a program could care."""
    for name in main.list_commands(None):  # type: ignore[arg-type]
        shown = CliRunner().invoke(main, [name, "--help"])

        assert 0 == shown.exit_code, name
        assert len(shown.output) > 150, name
