"""The containers run what processes.toml says, with its settings, and nothing in them opens a door."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from yeshi_local.containers import compose, images, secrets
from yeshi_local.machine import ROOT

DOCKER = ROOT / "deploy" / "docker"
PLAN = tomllib.loads((ROOT / "deploy" / "processes.toml").read_text())
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("yeshi/")}
PROCESSES = [name for name in PLAN["process"] if name != "relay"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
SECRET = re.compile(r"SECRET|PASSWORD|ACCESS_KEY|DSN|AMQP_URL")


def test_the_compose_file_is_the_one_that_is_generated():
    assert (ROOT / "docker-compose.yml").read_text() == compose.text(), "run: make compose"


def test_the_lists_of_packages_are_the_ones_that_are_generated():
    assert (DOCKER / "packages.json").read_text() == images.text(), "run: make compose"


@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_is_there_with_its_command_and_every_setting(name):
    entry = PLAN["process"][name]
    service = SERVICES[name]
    assert service["command"] == entry["command"]
    assert set(service["environment"]) >= {*PLAN["common"], *entry["settings"], "HEALTH_PORT"}
    assert service["image"].split(":")[0] == f"yeshi/{entry['command'][1].replace('_', '-')}"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_value_that_is_no_placeholder_is_the_native_one(name):
    for setting, text in PLAN["process"][name]["settings"].items():
        if "${" not in text and setting not in compose.INSTEAD:
            assert SERVICES[name]["environment"][setting] == text, setting


@pytest.mark.parametrize("module", PLAN["steps"]["migrate"])
def test_every_database_is_migrated_before_anything_uses_it(module):
    image = module.replace("_", "-")
    step = f"{image}-migrate"
    assert SERVICES[step]["command"] == ["-m", module, "migrate"]
    assert set(SERVICES[step]["environment"]) >= set(PLAN["steps"]["migrate_settings"][module])
    users = [one for name, one in OURS.items() if one["image"].startswith(f"yeshi/{image}:") and "command" in one]
    waiting = [one for one in users if one["command"][-1] in ("service", "work", "relay")]
    assert len(waiting) >= 2
    assert all(one["depends_on"][step] == {"condition": "service_completed_successfully"} for one in waiting)


def test_every_outbox_has_its_relay():
    assert {name for name in OURS if name.endswith("-relay")} == {
        f"{module.replace('_', '-')}-relay" for module in PLAN["steps"]["migrate"]
    }
    for module in PLAN["steps"]["migrate"]:
        assert SERVICES[f"{module.replace('_', '-')}-relay"]["command"] == ["-m", module, "relay"]


@pytest.mark.parametrize("name", OURS)
def test_whatever_speaks_to_the_bus_waits_for_the_topology(name):
    service = SERVICES[name]
    if "AMQP_URL" in service.get("environment", {}) and name != "topology":
        assert service["depends_on"]["topology"] == {"condition": "service_completed_successfully"}
        assert service["depends_on"]["rabbitmq"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", [*OURS, "proxy"])
def test_ours_are_read_only_without_rights_and_can_be_scaled(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"]
    assert "container_name" not in service
    assert "privileged" not in service
    if name not in ("proxy", "line", "mailbox"):
        assert "ports" not in service, "several cannot share a port"


@pytest.mark.parametrize("name", SERVICES)
def test_only_loopback_is_published_and_images_have_a_version(name):
    service = SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    version = service["image"].partition(":")[2]
    assert version
    assert "latest" not in version
    assert service["restart"] in ("unless-stopped", "on-failure:3")
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_value_or_a_default(name):
    for setting, text in SERVICES[name].get("environment", {}).items():
        if SECRET.search(setting):
            assert re.search(r"\$\{\w+:\?\}", text), setting
            assert ":-" not in text, setting


@pytest.mark.parametrize("name", [name for name in SERVICES if "healthcheck" not in SERVICES[name] and name != "proxy"])
def test_the_image_asks_the_port_that_the_process_answers(name):
    assert name in OURS
    assert SERVICES[name]["environment"]["HEALTH_PORT"] == compose.HEALTH_PORT
    assert SERVICES[name]["environment"]["HEALTH_HOST"] == "0.0.0.0"  # noqa: S104 - inside its container
    assert f"check port {compose.HEALTH_PORT}" in (DOCKER / "haproxy.cfg").read_text()


def test_the_doubles_are_for_the_local_profile_alone():
    doubles = {name for name, service in SERVICES.items() if service.get("profiles")}
    assert doubles == {"s3", "sns", "line", "mailbox"}
    assert all(SERVICES[name]["profiles"] == ["local"] for name in doubles)
    assert [name for name, service in OURS.items() if "yeshi/line" in service["image"]] == ["line", "mailbox"]
    assert "deploy/local" not in images.SOURCES.values()
    for name, service in SERVICES.items():
        assert doubles.isdisjoint(service.get("depends_on", {})), name


def test_the_images_run_as_nobody_in_particular_and_signals_reach_python():
    assert re.search(r"^USER (\d+):\d+$", FINAL, re.MULTILINE)[1] != "0"
    assert re.search(r'^ENTRYPOINT \["/opt/yeshi/bin/python"\]$', FINAL, re.MULTILINE)
    assert "pip install" not in FINAL
    assert "apt-get" not in DOCKERFILE
    assert re.search(r"^HEALTHCHECK", FINAL, re.MULTILINE)
    assert re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE) == ["python:3.11-slim-bookworm"]
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert "--require-hashes" in DOCKERFILE
    assert not re.search(r"index-url|https?://(?!127\.0\.0\.1)", DOCKERFILE)


@pytest.mark.parametrize("image", [*images.SOURCES, images.DOUBLE])
def test_every_package_of_an_image_is_pinned_by_hash(image):
    command = [sys.executable, str(DOCKER / "pinned.py"), image, str(ROOT / "constraints.txt")]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    entries = re.split(r"\n(?=\S)", text.strip())
    named = {entry.partition("==")[0] for entry in entries}  # some have an entry per kind of Python
    assert named == set(json.loads((DOCKER / "packages.json").read_text())[image])
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("image", images.SOURCES)
def test_an_image_has_all_that_its_libraries_ask_for(image):
    command = [sys.executable, str(DOCKER / "libraries.py"), images.SOURCES[image]]
    folders = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split()
    assert {"./libs/contracts", "./libs/chassis"} <= set(folders)
    inside = {f"yeshi-{Path(folder).name}" for folder in folders}
    inside.update(json.loads((DOCKER / "packages.json").read_text())[image])
    for folder in folders:
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        asked = {re.split(r"[^a-z0-9-]", line.lower())[0] for line in project["dependencies"]}
        assert asked <= inside, folder


def test_an_image_holds_the_libraries_that_its_package_names_and_no_other():
    assert "./libs/" not in DOCKERFILE
    assert '$(python deploy/docker/libraries.py "${SOURCE}")' in DOCKERFILE


def test_what_an_image_runs_is_loaded_once_as_root_and_so_stays_compiled():
    warming = re.search(r'PYTHONDONTWRITEBYTECODE= python -W ignore \S+/warm\.py "\$\{IMAGE\}"$', FINAL, re.MULTILINE)
    assert warming.start() < FINAL.index("\nUSER ")


@pytest.mark.parametrize("image", [*images.SOURCES, images.DOUBLE])
def test_every_module_of_an_image_is_loaded_while_it_is_built(image):
    code = (
        "import json, runpy, sys; runpy.run_path('warm.py', run_name='__main__'); print(json.dumps(list(sys.modules)))"
    )
    told = [sys.executable, "-W", "ignore", "-c", code, image]
    loaded = set(json.loads(subprocess.run(told, check=True, capture_output=True, text=True, cwd=DOCKER).stdout))
    programs = {service["command"][1] for service in OURS.values() if f"yeshi/{image}:" in service["image"]}
    assert programs
    source = ROOT / images.SOURCES.get(image, "deploy/local") / "src"
    for program in programs:
        folder = source / program.replace(".", "/")
        files = {str(path.relative_to(source).with_suffix("")).replace("/", ".") for path in folder.rglob("*.py")}
        wanted = {name.removesuffix(".__init__") for name in files if not name.endswith("__main__")}
        assert wanted <= loaded


def test_a_package_that_is_not_pinned_stops_the_build(tmp_path):
    (tmp_path / "constraints.txt").write_text("aenum==1 \\\n    --hash=sha256:00\n")
    command = [sys.executable, str(DOCKER / "pinned.py"), "users", str(tmp_path / "constraints.txt")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "not pinned" in done.stderr
    assert done.stdout == ""


def test_the_env_file_has_all_that_the_compose_file_asks_for(tmp_path):
    secrets.write(tmp_path)
    asked = set(re.findall(r"\$\{(\w+):?\?\}", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(secrets.read(tmp_path / ".env"))


def test_a_second_env_keeps_what_is_there_and_adds_what_is_missing(tmp_path):
    (tmp_path / ".env").write_text("# ours\nPUBLIC_URL=https://yeshi.example\nPOSTGRES_PASSWORD=kept")
    secrets.write(tmp_path)
    first = secrets.read(tmp_path / ".env")
    assert secrets.write(tmp_path) == []
    assert secrets.read(tmp_path / ".env") == first
    assert first["PUBLIC_URL"] == "https://yeshi.example"
    assert first["POSTGRES_PASSWORD"] == "kept"
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert (tmp_path / ".compose").stat().st_mode & 0o077 == 0


def test_no_two_secrets_are_equal_and_none_is_short(tmp_path):
    secrets.write(tmp_path)
    values = secrets.read(tmp_path / ".env")
    made = [values[name] for name in secrets.names()]
    assert len(set(made)) == len(made)
    assert min(map(len, made)) >= 20


def test_the_bus_gets_the_users_that_the_urls_name(tmp_path):
    secrets.write(tmp_path)
    users = {user["name"] for user in json.loads((tmp_path / ".compose" / "definitions.json").read_text())["users"]}
    named = set(re.findall(r"amqp://([a-z-]+):", (ROOT / "docker-compose.yml").read_text()))
    assert named <= users


def test_secrets_stay_out_of_git():
    for name in (".env", ".compose/definitions.json"):
        assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0
