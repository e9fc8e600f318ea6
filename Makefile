# `make test` and `make demo` are all a newcomer needs; the rest is for daily work.

PYTHON ?= python3
# For example: make test SUITE=site ARGS="-k grading -x"
SUITE ?= anywhere site desk
ARGS ?=

.PHONY: test test-clean demo demo-clean serve benchmark lint clean

test:
	@$(PYTHON) -m tools.run_tests --suite $(SUITE) -- $(ARGS)

test-clean:
	@$(PYTHON) -m tools.run_tests --clean

demo:
	@$(PYTHON) -m tools.demo make

serve:
	@$(PYTHON) -m tools.demo serve

demo-clean:
	@$(PYTHON) -m tools.demo clean

benchmark:
	@$(PYTHON) -m tools.benchmark $(ARGS)

lint:
	@$(PYTHON) -m tools.lint
