"""The compose file, as far as it can be held to its word without an engine: schema, settings, order, hardening."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.cli import SECTIONS
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / "deploy" / "compose.env.example"
OURS = ("topics", "worker-1", "worker-2", "board")

Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    """The services as an engine sees them, merged."""
    parsed: dict[str, dict[str, Service]] = yaml.safe_load(FILE.read_text())
    return parsed["services"]


def settings_of(service: Service) -> Settings:
    """The settings that a container would start with; raises BadSetting where it would not."""
    given = {name: value for name, value in service["environment"].items() if name.startswith(PREFIX)}
    assert all(isinstance(value, str) for value in given.values()), "YAML made a number or a truth value of a setting"
    return Settings.from_env({name: re.sub(r"\$\{\w+:\?[^}]*\}", "a-secret", value) for name, value in given.items()})


def test_it_follows_the_compose_schema() -> None:
    """The Compose Specification's own schema, as `check-jsonschema` ships it, finds nothing."""
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (0, "") == (checked.returncode, checked.stderr), checked.stdout


def test_the_parts_are_there(services: dict[str, Service]) -> None:
    """Kafka, the topics, two workers, the board, Prometheus, Grafana."""
    assert {"kafka", *OURS, "prometheus", "grafana"} == set(services)


def test_every_setting_is_known_and_usable(services: dict[str, Service]) -> None:
    """What the settings of the program would refuse is not in the file, and only our own containers have any."""
    for name in OURS:
        settings_of(services[name])
    others = [service.get("environment", {}) for name, service in services.items() if name not in OURS]
    assert [] == [name for environment in others for name in environment if name.startswith(PREFIX)]


def test_the_parts_agree(services: dict[str, Service]) -> None:
    """One broker address, which Kafka advertises inside; one number of partitions; each worker has its own name."""
    settings = [settings_of(services[name]) for name in OURS]
    listeners = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert {"INSIDE://" + each.brokers for each in settings} <= set(listeners)
    assert "HOST://" + Settings().brokers in listeners, "the default of the program works on the host"
    topics, *workers = settings[:3]
    assert {topics.partitions} == {worker.partitions for worker in workers}
    assert len({worker.instance_id for worker in workers} - {""}) == len(workers)


def test_prometheus_reaches_every_worker(services: dict[str, Service]) -> None:
    """Its targets are the workers and their metrics ports, bound where the network of the file can reach them."""
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    workers = {name: settings_of(services[name]) for name in OURS if name.startswith("worker")}
    assert {f"{name}:{settings.metrics_port}" for name, settings in workers.items()} == set(targets)
    assert {"0.0.0.0"} == {settings.host for settings in workers.values()}
    for name, settings in workers.items():
        assert f"127.0.0.1:{settings.metrics_port}/live" in services[name]["healthcheck"]["test"][-1]


def test_the_board_has_a_token(services: dict[str, Service]) -> None:
    """Bound beyond loopback it wants a token; the engine refuses to start without one, and the example names it."""
    environment = services["board"]["environment"]
    settings = settings_of(services["board"])
    assert settings.board_host == "0.0.0.0"
    assert settings.board_token == "a-secret"
    assert f"127.0.0.1:{settings.board_port}:{settings.board_port}" in services["board"]["ports"]
    wanted = re.findall(r"\$\{(\w+):\?", FILE.read_text())
    assert environment["NPS_BOARD_TOKEN"].startswith("${NPS_BOARD_TOKEN:?")
    assert sorted(wanted) == sorted(line.removesuffix("=") for line in EXAMPLE.read_text().splitlines() if "=" in line)


def test_things_start_in_order(services: dict[str, Service]) -> None:
    """Topics when Kafka is well; workers and board when the topics are there."""
    assert {"kafka": {"condition": "service_healthy"}} == services["topics"]["depends_on"]
    assert services["topics"]["restart"] == "no"
    assert "healthcheck" in services["kafka"]
    for name in ("worker-1", "worker-2", "board"):
        assert {"topics": {"condition": "service_completed_successfully"}} == services[name]["depends_on"]
        assert services[name]["restart"] == "unless-stopped"


def test_commands_exist(services: dict[str, Service]) -> None:
    """Each of our containers runs a command that `nps` has, of the image that the file builds."""
    known = {name for section in SECTIONS.values() for name in section}
    assert {services[name]["command"][0] for name in OURS} <= known
    assert {("nps-streams:0.1.0", ".")} == {(services[name]["image"], services[name]["build"]) for name in OURS}


def test_every_container_is_confined(services: dict[str, Service]) -> None:
    """Non-root, read-only root, no capabilities, no new privileges, bounded processes and logs."""
    for name, service in services.items():
        assert service["user"] not in ("", "root", "0", "0:0"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["options"]["max-size"], name


def test_only_this_machine_is_served(services: dict[str, Service]) -> None:
    """Every published port is bound to loopback, and nothing shares the host's network."""
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]
    assert [] == [name for name, service in services.items() if "network_mode" in service]


def test_images_are_pinned(services: dict[str, Service]) -> None:
    """A tag that names a release, never what is newest today; Kafka is the one that the design was measured with."""
    for service in services.values():
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"])
    assert services["kafka"]["image"] == "apache/kafka:4.3.1"


def test_a_single_broker_replicates_nothing(services: dict[str, Service]) -> None:
    """With one broker every internal topic has one replica, and ours are created by the topics job alone."""
    environment = services["kafka"]["environment"]
    internal = {value for name, value in environment.items() if name.endswith(("REPLICATION_FACTOR", "MIN_ISR"))}
    assert {1} == internal
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_what_is_mounted_is_there(services: dict[str, Service]) -> None:
    """Files of the repository are mounted read-only and exist; data lives in named volumes."""
    volumes = yaml.safe_load(FILE.read_text())["volumes"]
    for service in services.values():
        for volume in service.get("volumes", ()):
            source, _, *mode = volume.split(":")
            if source.startswith("."):
                assert (ROOT / source).is_dir()
                assert mode == ["ro"]
            else:
                assert source in volumes
