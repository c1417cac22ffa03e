# Yeshi 夜市. The two commands that matter: `make up` and `make test`.
SHELL := /bin/sh
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help install up down status logs reset dlq mirror-check demo seed test unit lint format lock docs bench faults images compose compose-env

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## install what is missing: Debian packages, the virtual environment, our packages
	@deploy/install.sh

up: install ## start the whole platform on loopback and show where everything is
	@$(PY) -m yeshi_local up

down: ## stop everything; data stays
	@$(PY) -m yeshi_local down

status: ## each process: state, uptime, restarts, ready
	@$(PY) -m yeshi_local status

logs: ## follow the logs; one process: make logs p=users
	@$(PY) -m yeshi_local logs $(p)

reset: ## stop everything and delete its data
	@$(PY) -m yeshi_local reset

dlq: ## list the dead queue; replay it: make dlq a=replay (or a="replay --id …", a="drop --id …")
	@$(PY) -m yeshi_local dlq $(a)

mirror-check: ## compare the metadata with its mirror on S3; put it right: make mirror-check a=--repair
	@$(PY) -m yeshi_local mirror-check $(a)

demo: install ## play one order's story through the API, step by step
	@$(PY) -m yeshi_local demo

seed: install ## fill the market: 20 shops, 1,000 products
	@$(PY) -m yeshi_local seed

test: ## every test, on servers it starts itself
	@deploy/install.sh test
	@$(PY) -m pytest -n 3

unit: install ## the tests that need no server
	@$(PY) -m pytest -q $(wildcard libs/*/tests/unit services/*/tests/unit gateway/tests/unit deploy/local/tests/unit) tests/architecture

lint: install ## ruff, mypy, dependency rules
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && .venv/bin/lint-imports
	@for package in libs/* deploy/local services/* gateway; do $(PY) -m mypy $$package/src || exit 1; done

format: install ## let ruff put the code in order
	@$(PY) -m ruff check -q --fix . ; $(PY) -m ruff format -q .

docs: install ## make the generated documents anew
	@$(PY) -m contracts.asyncapi > docs/asyncapi.json

lock: ## pin new dependencies (needs uv); raise one: make lock u=boto3
	@python3 deploy/lock.py $(u)

bench: ## measure, side by side with the peers
	@deploy/install.sh bench
	@$(PY) -m bench

faults: install ## every bad day under load; some: make faults a="stop-s3 kill-all" (all: a=--list)
	@deploy/install.sh faults
	@$(PY) -m yeshi_local.faults $(a)

images: ## build the container images, one per service (needs Docker)
	@deploy/docker/build.sh

compose: install ## make docker-compose.yml and the images' package lists anew
	@$(PY) -m yeshi_local.containers.images > deploy/docker/packages.json
	@$(PY) -m yeshi_local.containers.compose > docker-compose.yml

compose-env: install ## make .env with fresh secrets for docker-compose.yml
	@$(PY) -m yeshi_local.containers.secrets
