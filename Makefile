# make demo   set up and compress a real input, then get the original back
# make test   set up and run every test
# make test-agents   install coding agents into target/agents (npm and PyPI, 2.5 GB) and try them
# make test-two-agents   the same with Claude Code and Codex alone (0.8 GB)
# make record-agents   record anew what those agents send
# make check  format, lint, types, stubs
# make bench  latencies beside json.loads and instruction counts, compared with the saved baselines
.PHONY: setup check test test-agents test-two-agents record-agents demo bench bench-baseline clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.built
RUST := Cargo.toml Cargo.lock $(shell find rust -type f -not -path '*/target/*')

setup: $(STAMP)

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "Python 3.10 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@command -v cargo > /dev/null || { echo "cargo is needed: install Rust, see https://rustup.rs"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "No virtual environment could be made. On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'maturin>=1.9,<2'
	@touch $@

# The package is installed in place, so Python files need no rebuild: only Rust and pyproject.toml do.
$(STAMP): $(VENV)/.installed $(RUST) pyproject.toml
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --release --locked --extras dev
	@touch $@

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	MYPYPATH=python $(BIN)/python -m mypy.stubtest headroom._core --allowlist .ci/stubtest-allowlist
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: setup
	cargo test --workspace --locked --quiet
	$(BIN)/python -m pytest --quiet -m "not timed" --numprocesses=auto --maxprocesses=4 --dist=worksteal
	$(BIN)/python -m pytest --quiet -m timed

# The versions with which the facts in python/headroom/agents were found.
TWO_AGENTS := @anthropic-ai/claude-code@2.1.329 @openai/codex@0.171.0
AGENTS := $(TWO_AGENTS) @google/gemini-cli@0.61.0 \
  @qwen-code/qwen-code@0.15.10 @github/copilot@1.0.102 opencode-ai@1.18.33 cline@3.0.65 @continuedev/cli@1.5.47
AIDER := aider-chat==0.86.2
AGENTS_IN := target/agents
PROGRAMS = $(CURDIR)/$(AGENTS_IN)/node_modules
ONLY :=

$(PROGRAMS)/.installed: Makefile
	npm install --no-audit --no-fund --loglevel=error --prefix $(AGENTS_IN) $(AGENTS)
	node $(PROGRAMS)/@anthropic-ai/claude-code/install.cjs
	test ! -d $(PROGRAMS)/opencode-ai || node $(PROGRAMS)/opencode-ai/postinstall.mjs
	test -z "$(AIDER)" || $(PYTHON) -m venv $(AGENTS_IN)/aider
	test -z "$(AIDER)" || $(AGENTS_IN)/aider/bin/python -m pip install --quiet --disable-pip-version-check $(AIDER)
	test -z "$(AIDER)" || ln -sf $(CURDIR)/$(AGENTS_IN)/aider/bin/aider $(PROGRAMS)/.bin/aider
	@touch $@

test-agents: setup $(PROGRAMS)/.installed
	AGENT_PROGRAMS=$(PROGRAMS)/.bin $(BIN)/python -m pytest --quiet tests/agents/test_real_agents.py -k "$(ONLY)"

test-two-agents:
	$(MAKE) test-agents AGENTS="$(TWO_AGENTS)" AIDER= AGENTS_IN=target/two-agents ONLY="(claude or codex) and not aider"

# What they send, without their makers' words: tests/proxy/test_recorded_agents.py sends it through the proxy.
record-agents: setup $(PROGRAMS)/.installed
	$(BIN)/python tests/agents/record_requests.py $(PROGRAMS)/.bin

demo: setup
	@$(BIN)/python examples/demo.py

# Ratios and instruction counts do not depend on the machine; `bench-baseline` makes the present ones the yardstick.
bench: setup
	$(BIN)/python -m pytest --quiet benches/test_latency.py --benchmark-only --benchmark-json=$(VENV)/benchmarks.json
	$(BIN)/python benches/compare.py $(VENV)/benchmarks.json $(SAVE)
	$(BIN)/python benches/instructions.py $(SAVE)

bench-baseline:
	$(MAKE) bench SAVE=--save

clean:
	rm -rf $(VENV) target
