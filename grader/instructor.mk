# What instructors do, in the whole kit only.

.PHONY: mutants
mutants: setup ## which test kills which mutant of LAB= (else of all labs)
	$(HVGRADE) mutants $(if $(filter command line,$(origin LAB)),--lab $(LAB)) \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) --build $(BUILD)

.PHONY: release
release: setup ## make the students' kit in OUT=
	$(HVGRADE) release --out $(OUT) --build $(BUILD)

# The packages go to OUT=, else to build/.
PACKAGES = $(if $(filter command line,$(origin OUT)),$(OUT),$(BUILD))
.PHONY: gradescope autolab
gradescope: setup ## make the autograder of LAB= for Gradescope, one zip
	$(HVGRADE) gradescope --lab $(LAB) --out $(PACKAGES) --build $(BUILD)
autolab: setup ## make the autograder of LAB= for Autolab
	$(HVGRADE) autolab --lab $(LAB) --out $(PACKAGES) --build $(BUILD)

.PHONY: grade-class
grade-class: setup ## grade all of SUBMISSIONS= into OUT= (SLURM=1: cluster)
	$(HVGRADE) grade-class --submissions "$(SUBMISSIONS)" --lab $(LAB) --out "$(OUT)" \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) --build $(BUILD) \
		$(if $(filter 1,$(SLURM)),--slurm)

.PHONY: check-cluster
check-cluster: setup ## grade a class on a Slurm of two nodes, one of which dies
	cd grader && PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -s cluster

.PHONY: bench-check bench-baseline
bench-check: setup ## does anything cost over 3 % more than before?
	$(HVGRADE) bench --check --build $(BUILD)
bench-baseline: ## write grader/bench.json, and the charts made from it
	$(MAKE) bench || [ -e $(BUILD)/bench/bench.json ]
	$(HVGRADE) bench --save --build $(BUILD)
	$(PYTHON) docs/bench.py

# Three runs: 100,000 exits, interrupts, and nothing written yet.
TRACED = $(BUILD)/check-trace
TRACE_REFERENCE = $(MAKE) trace BASE=reference IMPL=reference
.PHONY: check-trace
check-trace: ## the page of make trace in a browser (installs Chromium)
	./setup.sh --check-docs
	npm install --loglevel=error --no-audit --no-fund --prefix $(BROWSER) playwright-core
	rm -rf $(TRACED) && mkdir -p $(TRACED)
	$(TRACE_REFERENCE) LAB=h5 VM="bench spin" ARGS="do=call n=110000" && mv $(BUILD)/trace $(TRACED)/many
	$(TRACE_REFERENCE) LAB=h4 VM=both ARGS="seed=7 n=60" && mv $(BUILD)/trace $(TRACED)/interrupts
	$(MAKE) trace LAB=h1 && mv $(BUILD)/trace $(TRACED)/unwritten
	NODE_PATH=$(BROWSER)/node_modules node grader/selftest/trace.cjs $(TRACED)
