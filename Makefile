# The one entry point of hvlab. `make help` lists what it can do.

LAB ?= h1
BASE ?= mine
IMPL ?= mine
BUILD ?= build
SUBMISSION ?= labs
OUT ?= $(BUILD)/$(LAB)-$(BASE)-$(IMPL)
VM ?= hello
MEM ?= 1G
PYTHON ?= $(shell ./setup.sh --python)

CROSS ?= riscv64-unknown-elf-
CC = $(CROSS)gcc
QEMU ?= qemu-system-riscv64
QEMU_FLAGS = -machine virt -cpu rv64 -m $(MEM) -nographic -bios none

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
$(V).SILENT:

# ---- which labs, and whose files ------------------------------------------

LABS := $(sort $(notdir $(wildcard labs/h[1-9]_*)))
LAB_DIR := $(filter $(LAB)_%,$(LABS))
ifeq ($(LAB_DIR),)
$(error There is no lab "$(LAB)": LAB= takes one of $(sort $(foreach l,$(LABS),$(firstword $(subst _, ,$(l))))))
endif
ifneq ($(filter-out mine reference,$(BASE) $(IMPL)),)
$(error BASE= and IMPL= take mine or reference)
endif

# Labs 1 to N: the earlier ones come from BASE, lab N itself from IMPL.
EARLIER := $(foreach l,$(LABS),$(if $(filter $(lastword $(sort $(l) $(LAB_DIR))),$(LAB_DIR)),$(filter-out $(LAB_DIR),$(l))))
whose = $(if $(filter $(1),$(EARLIER)),$(BASE),$(IMPL))
sources = $(patsubst $(1)/%,%,$(wildcard $(1)/$(2)/*.[cS]))
# The reference of a lab is one object: a sandbox and the students' kit have it,
# without its sources, in grader/reference/.
reference_objs = $(patsubst %,$(BUILD)/obj/grader/solutions/%.o,$(basename $(call sources,grader/solutions,$(1))))
reference_obj = $(if $(wildcard grader/solutions/$(1)),$(BUILD)/reference/$(1).o,grader/reference/$(1).o)
student_objs = $(patsubst %,$(OUT)/obj/%.o,$(basename $(call sources,$(SUBMISSION),$(1))))
lab_objs = $(if $(filter reference,$(call whose,$(1))),$(call reference_obj,$(1)),$(call student_objs,$(1)))

COMMON_OBJS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(filter-out %/offsets.c,$(wildcard common/kernel/*.[cS] common/hv/*.[cS]))))
# common/hv/hN/ is given code that is there from lab N on.
given_objs = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard common/hv/$(1)/*.c)))
HV_OBJS = $(COMMON_OBJS) $(foreach l,$(EARLIER) $(LAB_DIR),$(call given_objs,$(firstword $(subst _, ,$(l))))) \
	$(foreach l,$(EARLIER) $(LAB_DIR),$(call lab_objs,$(l)))

comma := ,

# ---- compiling -------------------------------------------------------------

# In the ISA manual 2.2 the CSR instructions and fence.i belonged to I; GCC 12
# finds the right C library only when -march does not name them apart.
ARCH = -march=rv64imac -mabi=lp64 -mcmodel=medany -misa-spec=2.2
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Werror
CFLAGS = $(ARCH) --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF \
	-std=gnu11 -O2 -g -fno-common -fno-jump-tables $(WARNINGS) -Icommon/include -I$(BUILD)/include
# Half-written code may have unused things in it.
LAB_CFLAGS = $(CFLAGS) -Wno-unused-parameter -Wno-error=unused-variable \
	-Wno-error=unused-function -Wno-error=unused-but-set-variable
LDFLAGS = $(ARCH) --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF \
	-nostartfiles -static -fno-use-linker-plugin -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments

compile = mkdir -p $(@D) && $(CC) $(1) -MD -MF $@.d -MT $@ -Wa,--MD,$@.asd -c -o $@ $<

$(BUILD)/obj/grader/%.o: grader/%.c | $(BUILD)/include/asm-offsets.h
	$(call compile,$(CFLAGS))
$(BUILD)/obj/grader/%.o: grader/%.S $(BUILD)/include/asm-offsets.h
	$(call compile,$(CFLAGS))
$(BUILD)/obj/%.o: %.c | $(BUILD)/include/asm-offsets.h
	$(call compile,$(CFLAGS))
$(BUILD)/obj/%.o: %.S $(BUILD)/include/asm-offsets.h
	$(call compile,$(CFLAGS))
$(OUT)/obj/%.o: $(SUBMISSION)/%.c | $(BUILD)/include/asm-offsets.h
	$(call compile,$(LAB_CFLAGS))
$(OUT)/obj/%.o: $(SUBMISSION)/%.S $(BUILD)/include/asm-offsets.h
	$(call compile,$(LAB_CFLAGS))

# No lines for gdb: M-mode lies where guests lie from lab h2 on; and what is in
# two sections counts for gdb as all that is between them, too.
$(addprefix $(BUILD)/obj/common/,kernel/mmode.o kernel/start.o guest/start.o): CFLAGS += -g0

# Struct offsets for assembly, from the structs themselves.
$(BUILD)/include/asm-offsets.h: common/hv/offsets.c
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MF $@.d -MT $@ -S -o $@.s $<
	sed -n 's/^[^-]*->\([A-Z_]*\) \([0-9]*\).*/#define \1 \2/p' $@.s > $@.new
	mv $@.new $@ && rm $@.s

-include $(shell find $(BUILD)/obj $(BUILD)/include $(OUT)/obj -name '*.d' 2>/dev/null)

.PHONY: hv
hv: $(OUT)/hv.elf ## build the hypervisor of LAB= (BASE=, IMPL= as for qemu)
$(OUT)/hv.elf: $(HV_OBJS) common/kernel/kernel.ld
	mkdir -p $(@D)
	$(CC) $(LDFLAGS) -T common/kernel/kernel.ld -o $@ $(HV_OBJS)

# For `make trace`: the same, with detours that take notes (common/hv/trace).
TRACE_OBJS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard common/hv/trace/*.[cS])))
WRAPPED = vcpu_enter vcpu_run vcpu_block hart_idle vcpu_irq_set plic_claim plic_complete \
	$(if $(filter h4_%,$(EARLIER) $(LAB_DIR)),vplic_set_line vplic_mmio_read vplic_mmio_write)
.PHONY: hv-trace
hv-trace: $(OUT)/hv-trace.elf
$(OUT)/hv-trace.elf: $(HV_OBJS) $(TRACE_OBJS) common/kernel/kernel.ld
	mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(WRAPPED)) -T common/kernel/kernel.ld -o $@ $(HV_OBJS) $(TRACE_OBJS)

.SECONDEXPANSION:
$(BUILD)/reference/%.o: $$(call reference_objs,$$*)
	mkdir -p $(@D)
	$(CC) $(ARCH) -nostdlib -r -o $@ $^

# ---- guests: labs/hN_*/guests/NAME -> build/vms/hN/NAME ---------------------

GUEST_OBJS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard common/guest/*.[cS]))) \
	$(BUILD)/obj/common/kernel/fdt.o
guest_dirs = $(filter-out %.dts %.h,$(wildcard labs/$(1)_*/guests/*))
GUESTS := $(foreach l,$(LABS),$(patsubst labs/$(l)/guests/%,$(BUILD)/vms/$(firstword $(subst _, ,$(l)))/%,$(call guest_dirs,$(firstword $(subst _, ,$(l))))))

# $* is hN/NAME; its folder is labs/hN_*/guests/NAME.
guest_dir = $(wildcard labs/$(subst /,_*/guests/,$(1)))
guest_objs = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard $(call guest_dir,$(1))/*.[cS])))
guest_dts = $(firstword $(wildcard $(call guest_dir,$(1))/vm.dts $(dir $(call guest_dir,$(1)))vm.dts))

$(BUILD)/vms/%/kernel: $$(call guest_objs,$$*) $(GUEST_OBJS) common/guest/guest.ld $$(call guest_dts,$$*)
	mkdir -p $(@D)
	$(CC) $(LDFLAGS) -T common/guest/guest.ld \
		-Wl,--defsym=RAM_BASE=$$(sed -n 's/.*memory@\([0-9a-f]*\).*/0x\1/p' $(call guest_dts,$*)) \
		-o $@ $(call guest_objs,$*) $(GUEST_OBJS)
$(BUILD)/vms/%/vm.dts: $$(call guest_dts,$$*)
	mkdir -p $(@D)
	cp $(wildcard $(call guest_dir,$*)/pflash) $< $(@D)

.PHONY: guests
guests: $(foreach g,$(filter $(BUILD)/vms/$(LAB)/%,$(GUESTS)),$(g)/kernel $(g)/vm.dts) ## build the guest programs of LAB=

# The Linux guest: its description is in the lab, its files are Debian's.
LINUX_DIR := $(BUILD)/vms/$(LAB)/linux
.PHONY: linux-vm
linux-vm:
	cache=$$(common/guest/fetch-linux.sh) && mkdir -p $(LINUX_DIR) && \
		cp $(wildcard labs/$(LAB)_*/linux/vm.dts) $(LINUX_DIR)/vm.dts && \
		ln -sf $$cache/linux/Image $(LINUX_DIR)/kernel && \
		for init in $(wildcard labs/$(LAB)_*/linux/init); do \
			$(PYTHON) common/guest/mkinitrd.py -o $(LINUX_DIR)/initrd $$cache/linux/busybox $$init; \
		done
	for name in $(filter-out linux,$(LINUX_NAMES)); do ln -sfn linux $(BUILD)/vms/$(LAB)/$$name; done

# ---- running ----------------------------------------------------------------

# VM= takes names of this lab's guests, "linux", or directories. Names that begin
# with "linux" are further VMs of the same kind.
LINUX_NAMES := $(foreach v,$(VM),$(if $(findstring /,$(v)),,$(filter linux%,$(v))))
vm_dir = $(if $(filter $(1),$(notdir $(call guest_dirs,$(LAB))) $(LINUX_NAMES)),$(BUILD)/vms/$(LAB)/$(1),$(1))
# ARGS= are boot arguments for the first VM.
MKVM_FLAGS = $(if $(ARGS),--bootargs $(notdir $(firstword $(VM_DIRS))) "$(ARGS)")
VM_DIRS = $(foreach v,$(VM),$(call vm_dir,$(v)))
# BUDGET= instructions, of virtual time: M-mode then ends the run, and says where.
BUDGET_FLAGS = -icount shift=0 -device loader,addr=0x8000fff8,data=$$(($(BUDGET) / 100)),data-len=8
QEMU_RUN = $(QEMU) $(QEMU_FLAGS) $(if $(BUDGET),$(BUDGET_FLAGS)) -kernel $(OUT)/hv.elf -initrd $(OUT)/vms.cpio

.PHONY: archive
archive: hv guests $(if $(LINUX_NAMES),linux-vm)
	$(PYTHON) common/hv/mkvm.py --hv $(OUT)/hv.elf -o $(OUT)/vms.cpio $(MKVM_FLAGS) $(VM_DIRS)

.PHONY: qemu
qemu: setup archive ## run VM= (guests, linux, directories); Ctrl-A X leaves
	$(QEMU_RUN) $(QEMU_EXTRA) || true

# Under -icount every run is the same, the one with the debugger too. A socket in
# a folder of one's own: whoever reaches a gdb port can do what its owner can.
GDB_SESSION = $(BUILD)/gdb-session
.PHONY: qemu-gdb
qemu-gdb: setup archive ## the same, but wait for `make gdb` in another terminal
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir" $(GDB_SESSION)' EXIT && \
		printf '%s\n' "$$dir/socket" $(OUT)/hv.elf $(VM_DIRS) >$(GDB_SESSION) && \
		echo 'QEMU waits for `make gdb` in another terminal; Ctrl-A X ends it' && \
		$(QEMU_RUN) -icount shift=0 -S -gdb "unix:$$dir/socket,server=on,wait=off" $(QEMU_EXTRA) || true

.PHONY: gdb
gdb: ## debug what `make qemu-gdb` runs; `hv` lists commands
	./setup.sh --gdb
	HVLAB_GDB=$(GDB_SESSION) gdb-multiarch -q -x common/hvgdb/load.py $(GDB_FLAGS)

.PHONY: show
show: setup ## print what the hypervisor (the reference) makes of VM=
	$(MAKE) show-plan BASE=reference IMPL=reference
.PHONY: show-plan
show-plan: archive
	$(QEMU_RUN) -append show

HVGRADE = PYTHONPATH=grader PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m hvgrade

.PHONY: linux
linux: setup ## how far Debian's kernel gets on LAB= (BASE=, IMPL=)
	$(HVGRADE) linux --lab $(LAB) --base $(BASE) --impl $(IMPL) --build $(BUILD)

# Of a graded test, earlier labs come from the reference, as for grade.
TRACE_BASE = $(if $(filter command line,$(origin BASE)),$(BASE),$(if $(TEST),reference,$(BASE)))
.PHONY: trace
trace: setup ## the run of VM= (or TEST=name) as swim lanes in a page
	$(HVGRADE) trace --lab $(LAB) --base $(TRACE_BASE) --impl $(IMPL) --build $(BUILD) \
		--vm $(VM) --args "$(ARGS)" --memory $(MEM) $(if $(BUDGET),--budget $(BUDGET)) \
		$(if $(TEST),--test $(TEST)) $(if $(SEED),--seed $(SEED))

.PHONY: demo
demo: setup ## two Debian Linux and a real-time guest (INTERACTIVE=1)
	$(HVGRADE) demo --build $(BUILD) $(if $(INTERACTIVE),--interactive)

.PHONY: bench
bench: setup ## what things cost a guest of lab h5, in instructions
	$(HVGRADE) bench --impl $(if $(filter command line,$(origin IMPL)),$(IMPL),reference) \
		$(if $(SEED),--seed $(SEED)) --build $(BUILD)

# ---- unit tests: pure files on the build host, under the sanitizers ---------

# A lab with a row here has its driver in grader/unit/hN/.
PURE_h2 = npt mmio
PURE_h3 = timerq
PURE_h4 = vplic
PURE_h5 = vmid sched

HOST_CC = gcc
# Not PIE, which the sanitizer does not bear where addresses are very random;
# variables that nobody set hold the same nonsense in every run.
HOST_CFLAGS = -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-pie \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-ftrivial-auto-var-init=pattern -U_FORTIFY_SOURCE \
	$(filter-out -Werror,$(WARNINGS)) -Wno-unused-parameter \
	-Icommon/include -Igrader/unit
DRIVER_OBJS = $(patsubst %.c,$(BUILD)/obj/host/%.o,$(wildcard grader/unit/*.c grader/unit/$(LAB)/*.c) common/kernel/page.c)
# Inline functions of the student's headers are reached through student/inline.c.
UNIT_REFERENCE := $(filter reference,$(IMPL))
UNIT_DIR := $(if $(UNIT_REFERENCE),$(BUILD)/obj/host/grader/solutions,$(OUT)/obj/host)/$(LAB_DIR)
UNIT_INLINE := $(wildcard grader/unit/$(LAB)/student/inline.c)
UNIT_OBJS = $(DRIVER_OBJS) $(patsubst %,$(UNIT_DIR)/%.o,$(PURE_$(LAB)) $(if $(UNIT_INLINE),inline))

$(BUILD)/obj/host/%.o: CC = $(HOST_CC)
$(BUILD)/obj/host/%.o: %.c
	$(call compile,$(HOST_CFLAGS))
$(OUT)/obj/host/%.o: CC = $(HOST_CC)
$(OUT)/obj/host/%.o: $(SUBMISSION)/%.c
	$(call compile,$(HOST_CFLAGS))
$(UNIT_DIR)/inline.o: $(UNIT_INLINE)
	$(call compile,$(HOST_CFLAGS) -I$(if $(UNIT_REFERENCE),grader/solutions,$(SUBMISSION))/$(LAB_DIR))
# pages.c watches the calls of page_alloc and page_free.
$(OUT)/unit: $(UNIT_OBJS)
	mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -no-pie -Wl,--wrap=page_alloc,--wrap=page_free -o $@ $^

.PHONY: unit-driver
unit-driver: $(OUT)/unit

# What is the kit's own in hv and in unit-driver: a grading makes it outside of
# the sandbox, in which the submission is compiled and linked.
.PHONY: given given-trace unit-given
given-trace: given $(TRACE_OBJS)
given: guests $(BUILD)/include/asm-offsets.h $(filter-out $(OUT)/%,$(HV_OBJS))
unit-given: $(filter-out $(OUT)/%,$(UNIT_OBJS))

# ---- grading and checking ---------------------------------------------------

# Unlike for qemu, earlier labs come from the reference unless BASE=mine.
GRADE_FLAGS = $(if $(filter command line,$(origin LAB)),--lab $(LAB)) \
	$(if $(filter command line,$(origin BASE)),--base $(BASE)) \
	$(if $(SEED),--seed $(SEED)) $(addprefix --test ,$(TEST)) \
	$(if $(JOBS),--jobs $(JOBS)) --build $(BUILD)

.PHONY: grade
grade: setup ## grade the files in labs/ (LAB=, else all); exit 0, 1 or 2
	$(HVGRADE) grade $(GRADE_FLAGS) --impl $(IMPL)

.PHONY: unit
unit: setup ## only the unit tests of labs/ (LAB=): a few seconds
	$(HVGRADE) unit $(GRADE_FLAGS) --impl $(IMPL)

.PHONY: watch
watch: setup ## grade LAB= again on every save, on one screen
	$(HVGRADE) watch $(GRADE_FLAGS)

.PHONY: progress
progress: setup ## your points per lab and task, and what comes next
	$(HVGRADE) progress --build $(BUILD)

.PHONY: submit
submit: setup ## pack exactly your files of LAB=, with a manifest
	$(HVGRADE) submit --lab $(LAB) --out $(BUILD)

-include grader/instructor.mk

.PHONY: check
check: setup lint ## set up what is missing, then every test of the kit itself
	./setup.sh --gdb || echo 'make check: without gdb-multiarch, the tests of make gdb are skipped'
	cd grader && PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -n $(or $(JOBS),2) -q

C_FILES = $(shell find common labs grader \( -name '*.c' -o -name '*.h' \) ! -name asm.h)
PY_FILES = $(shell find common grader docs -name '*.py')
SH_FILES = setup.sh common/doctor.sh .ci/run $(wildcard common/guest/*.sh)
# clang reads the C files with the RISC-V C library's headers.
TIDY_FLAGS = --target=riscv64-unknown-elf -march=rv64imac -std=gnu11 -Icommon/include -I$(BUILD)/include \
	$(addprefix -isystem ,$(shell $(CC) --specs=picolibc.specs $(ARCH) -E -v -xc /dev/null 2>&1 | sed -n '/#include <...>/,/^End/s/^ //p'))

# Fails when clang-tidy says more than how far it is.
TIDY_SAID = { ! grep -Ev '^([0-9]+ warnings? .*generated\.|\[[0-9/]+\] Processing file .*)$$'; }

.PHONY: lint
lint: setup $(BUILD)/include/asm-offsets.h ## formatters and linters, as make check runs them
	clang-format --dry-run -Werror $(C_FILES)
	clang-tidy --quiet $(filter-out %/offsets.c %.h grader/unit/%,$(C_FILES)) -- $(TIDY_FLAGS) 2>&1 | $(TIDY_SAID)
	clang-tidy --quiet $(filter grader/unit/%.c,$(C_FILES)) -- -std=gnu11 -idirafter $(shell $(HOST_CC) -print-file-name=include) -Icommon/include -Igrader/unit $(addprefix -I,$(wildcard grader/solutions/h*)) 2>&1 | $(TIDY_SAID)
	shellcheck $(SH_FILES)
	$(PYTHON) -m black --quiet --check $(PY_FILES)
	$(PYTHON) -m flake8 --max-line-length 88 --extend-ignore E203,E501,E704 $(PY_FILES)
	MYPYPATH=grader $(PYTHON) -m mypy --config-file grader/pyproject.toml --no-incremental $(PY_FILES)
	$(PYTHON) grader/stubs.py --check

.PHONY: format
format: ## format all C and Python files
	clang-format -i $(C_FILES)
	$(PYTHON) -m black --quiet $(PY_FILES)

# ---- the handbook -------------------------------------------------------------

SITE = build/docs/site
BROWSER = build/docs/browser
STAGED = build/docs/src/en build/docs/src/zh

.PHONY: docs
docs: ## the handbook, as pages to open from build/docs/site
	./setup.sh --docs
	mkdir -p $(STAGED)
	mkdocs --quiet build -f docs/mkdocs.yml
	mkdocs --quiet build -f docs/mkdocs.zh.yml
	echo 'the handbook: $(SITE)/index.html'

.PHONY: docs-serve
docs-serve: docs ## the handbook on localhost:8000, new after each change
	mkdocs serve -f docs/mkdocs.yml

.PHONY: check-docs
check-docs: ## the handbook in a real browser (installs Chromium)
	./setup.sh --check-docs
	$(MAKE) docs
	npm install --loglevel=error --no-audit --no-fund --prefix $(BROWSER) playwright-core
	NODE_PATH=$(BROWSER)/node_modules node docs/browser.cjs $(SITE)

# ---- the same in a container ----------------------------------------------------

DOCKER ?= docker
IMAGE ?= hvlab
DEBIAN ?= trixie
LINUX ?= no
CACHE = $(or $(HVLAB_CACHE),$(HOME)/.cache/hvlab)

.PHONY: docker-here
docker-here:
	command -v $(DOCKER) >/dev/null || { \
		echo 'There is no $(DOCKER) here: docs/setup.md says how to get it, and what does without.' >&2; exit 1; }
	said=$$($(DOCKER) version 2>&1) || { echo "$$said" | tail -n 1; \
		echo '$(DOCKER) is here, but its daemon does not answer. Is it running, and may you use it?'; exit 1; } >&2

.PHONY: docker
docker: docker-here ## the image of the Dockerfile (DEBIAN=bookworm, LINUX=yes)
	$(DOCKER) build $(DOCKER_FLAGS) -t $(IMAGE) --build-arg BASE=debian:$(DEBIAN)-slim --build-arg LINUX=$(LINUX) \
		--build-arg VERSION="$$(git describe --always --dirty --tags 2>/dev/null || echo image)" .

.PHONY: docker-lint
docker-lint: ## what dockerfile-utils says of the Dockerfile
	npx --yes dockerfile-utils lint Dockerfile

# Objects of another compiler must not be mixed with those of this machine.
.PHONY: docker-shell
docker-shell: docker-here ## a shell in it, on this tree, as you (RUN="make grade")
	$(DOCKER) image inspect $(IMAGE) >/dev/null 2>&1 || $(MAKE) docker
	mkdir -p "$(CACHE)"
	$(DOCKER) run --rm -i$$([ -t 0 ] && echo t) --init $(DOCKER_FLAGS) -u "$$(id -u):$$(id -g)" -e BUILD=build-docker \
		-v "$(CURDIR):/hvlab" -v "$(CACHE):/cache" $(IMAGE) $(if $(RUN),bash -c '$(RUN)')

# ---- keeping house ------------------------------------------------------------

.PHONY: doctor
doctor: ## what this machine has, what it lacks, and how to get it
	common/doctor.sh

.PHONY: setup
setup:
	./setup.sh

.PHONY: stubs
stubs: ## make labs/ out of grader/solutions/ (for developers)
	$(PYTHON) grader/stubs.py

.PHONY: clean
clean: ## remove build/
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	echo 'hvlab: write a RISC-V hypervisor in five labs.'
	echo
	sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile $(wildcard grader/instructor.mk) | expand -t 22
	echo
	echo '  LAB=h1  BASE=mine|reference  IMPL=mine|reference  VM="hello"  V=1'
	echo '  ARGS="seed=7" boot arguments of the first VM   MEM=1G   QEMU_EXTRA="..."'
	echo '  BUDGET=100000000 (qemu: so many instructions, and then where it was)'
	echo '  SEED=7  TEST=name  JOBS=2 (grading)'
