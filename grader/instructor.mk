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
autolab: setup ## make the autograder of LAB= for Autolab, a tar and a Makefile
	$(HVGRADE) autolab --lab $(LAB) --out $(PACKAGES) --build $(BUILD)

.PHONY: grade-class
grade-class: setup ## grade every archive and folder in SUBMISSIONS= into OUT=
	$(HVGRADE) grade-class --submissions "$(SUBMISSIONS)" --lab $(LAB) --out "$(OUT)" \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) --build $(BUILD)
