"""The dependency rules hold, and each of them is proved by a violation planted in a copy of the tree."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(pythonpath: str = "", only: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(LINTER), "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    if only:
        command += ["--contract", only]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": pythonpath}, capture_output=True, text=True, timeout=110
    )


def test_the_tree_keeps_the_rules():
    result = lint()
    assert result.returncode == 0, result.stdout + result.stderr


PLANTS = [
    ("layers", "services/users/src/users", "domain", "from users import bootstrap"),
    ("inside", "services/users/src/users", "domain", "import psycopg2"),
    ("independence", "services/users/src/users", "adapters", "import catalog"),
    ("rim", "gateway/src/gateway", "adapters", "import kombu"),
    ("contracts", "libs/contracts/src/contracts", "", "import prometheus_client"),
    ("kernel", "libs/kernel/src/kernel", "", "import msgspec"),
    ("chassis", "libs/chassis/src/chassis", "", "import users"),
]


@pytest.mark.parametrize(("contract", "package", "where", "line"), PLANTS, ids=[plant[0] for plant in PLANTS])
def test_a_planted_violation_is_caught(tmp_path, contract, package, where, line):
    source = ROOT / package
    copy = tmp_path / source.name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / where / "planted.py").write_text(line + "\n")
    result = lint(pythonpath=str(tmp_path), only=contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "planted" in result.stdout


def test_every_rule_has_a_plant():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {rule["id"] for rule in rules} == {plant[0] for plant in PLANTS}


def imported_packages(source: str) -> set[str]:
    """Top-level names that a module imports from outside its own package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names)


def test_contracts_import_msgspec_only():
    for path in (ROOT / "libs/contracts/src/contracts").rglob("*.py"):
        assert imported_packages(path.read_text()) <= {"msgspec", "contracts"}, path


def test_a_foreign_import_in_contracts_would_be_seen():
    assert imported_packages("import json\nimport requests.adapters\nfrom kombu import Queue") == {"requests", "kombu"}
