# Every command of the house. `make help` lists them.
MODE ?= embedded
PORT ?= 8000
DATA ?=
SECONDS ?= 600
SEED ?= 1
T ?= tests

PYTHON := .venv/bin/python
ENGINES := $(if $(filter full,$(MODE)),kafka postgres)
# Set-up leaves it to the first import to compile a module; let that be kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench evaluate faults screenshots kafka setup lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

run: ## serve on PORT (8000), everything it keeps in var/; MODE=full runs one process a service on PostgreSQL and Kafka
	@python3 tools/setup.py serve reports-perhaps $(ENGINES) && exec .venv/bin/rongqiao run --mode $(MODE) --port $(PORT)

demo: ## play the whole story through the doors, into build/demo.json; DATA=../shared/data adds real firms; MODE=full
	@python3 tools/setup.py $(if $(DATA),train,serve) $(ENGINES) && .venv/bin/rongqiao demo --mode $(MODE) $(if $(DATA),--data $(DATA))

test: ## all tests, on the real engines; T=tests/unit/finance runs a part
	@python3 tools/setup.py dev kafka postgres chromium reports && $(PYTHON) -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(T)

check: ## style, types, who imports whom, migrations, contracts, Kubernetes files
	@python3 tools/setup.py dev postgres
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/basedpyright
	.venv/bin/lint-imports --no-logo
	.venv/bin/rongqiao check migrations
	.venv/bin/rongqiao check proto
	.venv/bin/rongqiao check k8s

bench: ## measure against peers in the same run
	@python3 tools/setup.py dev kafka postgres load && $(PYTHON) -m benchmarks

evaluate: ## train and judge on every labelled set in DATA (../shared/data), beside reference AUCs
	@python3 tools/setup.py train && .venv/bin/rongqiao evaluate --data $(or $(DATA),../shared/data)

faults: ## for SECONDS (600) each: kill and restart parts at random and count what is lost; ask lending made-up questions
	@python3 tools/setup.py dev kafka postgres && $(PYTHON) -m tests.faults.eventing.run --seconds $(SECONDS) --seed $(SEED)
	$(PYTHON) -m tests.faults.doors.run --seconds $(SECONDS) --seed $(SEED)

screenshots: ## pictures of the web pages into docs/
	@python3 tools/setup.py dev chromium && .venv/bin/rongqiao screenshots

kafka: ## only the Kafka broker, in the foreground, on port 9092
	@python3 tools/setup.py kafka && exec python3 tools/kafka_broker.py var/kafka/broker 9092

setup: ## everything that the other commands need
	@python3 tools/setup.py dev kafka postgres chromium reports

lock: ## renew requirements/*.lock
	@tools/lock.sh
