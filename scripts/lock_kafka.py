"""Write `streams/broker/jgo.lock.toml` from `jgo.toml`: what `make kafka-lock` runs.

jgo's own `lock` command also classifies each jar for the Java module path, for which it downloads a JDK. The broker
runs on the class path: coordinates and SHA-256 are all it needs.
"""

import tempfile
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile
from jgo.maven import MavenContext

BROKER = Path(__file__).resolve().parent.parent / "streams" / "broker"


def main() -> None:
    """Resolve anew, into a Maven repository of this run's own, and write the lock."""
    spec = EnvironmentSpec.load(BROKER / "jgo.toml")
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository))
        context.remote_repos.update(GlobalSettings.load().repositories)
        wanted = EnvironmentBuilder(context=context).spec_to_dependencies(spec)
        inputs, transitive = context.resolver.resolve(wanted)
        needed = [*inputs, *(each for each in transitive if each.scope in {"compile", "runtime"})]
        needed.sort(key=lambda each: (each.groupId, each.artifactId))
        lock = LockFile.from_resolved_dependencies(needed, environment_name=spec.name)
    lock.save(BROKER / "jgo.lock.toml")
    print(f"{len(lock.dependencies)} files locked")


if __name__ == "__main__":
    main()
