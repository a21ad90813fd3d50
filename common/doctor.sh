#!/usr/bin/env bash
#
# doctor.sh - what this machine has of what the kit needs, and what it lacks:
# each tool with its version, what QEMU emulates, the sandbox of a grading, the
# Linux guest, which labs will run, and for each problem the line to type.
#
# `make doctor` calls it; it changes nothing, and runs where nearly everything
# is missing. Exits 0 if all labs will run, else 1.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
problems=()

problem() { # WHAT, THE LINE TO TYPE
	problems+=("$(fold -s -w 78 <<<"$1")"$'\n'"  $2")
}
row() { printf '  %-29s %s\n' "$1" "$2"; }

# The first number with a dot in what a tool says of itself.
tool_version() {
	command -v "$1" >/dev/null || return
	"$1" --version </dev/null 2>&1 | grep -m 1 -o -E '[0-9]+\.[0-9][0-9.]*' ||
		"$1" -V </dev/null 2>&1 | grep -m 1 -o -E '[0-9]+\.[0-9][0-9.]*'
}

package_version() {
	dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/^[0-9]*://; s/-[^-]*$//'
}

# dpkg's word, which is quick; else the tool's own.
version() { # PACKAGE, PROOF
	local found
	found=$(package_version "$1")
	[ -n "$found" ] || found=$(tool_version "${2#has }" | head -n 1)
	echo "${found:-there}"
}

tools() {
	local purpose package proof here last=
	missing=()
	while IFS=$'\t' read -r purpose package proof here; do
		[ "$purpose" = "$last" ] || echo "$purpose"
		last=$purpose
		if [ "$here" = yes ]; then
			row "$package" "$(version "$package" "$proof")"
			continue
		fi
		row "$package" 'not here'
		[[ $purpose == when\ * ]] || missing+=("$package")
	done < <(./setup.sh --list)
	if [ ${#missing[@]} -gt 0 ]; then
		problem "${#missing[@]} of the packages are missing: ${missing[*]}" './setup.sh'
	fi
}

# What the emulated hart can do, from the device tree that QEMU makes for it.
isa() {
	local tree
	tree=$(mktemp)
	qemu-system-riscv64 -machine "virt,dumpdtb=$tree" -cpu rv64 -bios none \
		-display none </dev/null >/dev/null 2>&1
	# "riscv,isa-base" is a shorter string, "rv64i".
	grep -a -o 'rv64[a-z0-9_]*' "$tree" | sort -r | head -n 1
	rm -f "$tree"
}

machine() {
	local isa
	h=no sstc=no
	echo "the machine that QEMU emulates:"
	if ! command -v qemu-system-riscv64 >/dev/null; then
		row 'H (hypervisor), Sstc' 'not known: there is no QEMU'
		return
	fi
	isa=$(isa)
	[[ ${isa%%_*} == rv64*h* ]] && h=yes
	[[ ${isa}_ == *_sstc_* ]] && sstc=yes
	row 'H, the hypervisor extension' "$h"
	row 'Sstc, a timer for supervisors' "$sstc"
	if [ "$h$sstc" != yesyes ]; then
		problem 'this QEMU is too old for the labs: 7.2 is what they need' \
			'docker build -t hvlab . && docker run --rm -it hvlab'
	fi
}

# Whose word it is that there are no user namespaces.
unconfined() {
	local line='docker build -t hvlab . && docker run --rm -it hvlab' switch
	for switch in apparmor_restrict_unprivileged_userns=0 unprivileged_userns_clone=1; do
		[ "$(cat "/proc/sys/kernel/${switch%=*}" 2>/dev/null)" != "$((1 - ${switch#*=}))" ] ||
			line="sudo sysctl kernel.$switch"
	done
	problem 'bubblewrap does not work here: a grading runs its submission unconfined' "$line"
}

grading() {
	local python kind cache
	echo 'to grade, and to run Linux:'
	if python=$(./setup.sh --python 2>/dev/null); then
		kind=$(PYTHONPATH=grader PYTHONDONTWRITEBYTECODE=1 "$python" -c \
			'from hvgrade import sandbox; print(sandbox.kind())')
		row 'Python' "$python"
		row 'the sandbox' "$kind"
	else
		kind=
		row 'the sandbox' 'not known: no Python sees all modules'
	fi
	[ "$kind" != none ] || unconfined
	if cache=$(common/guest/fetch-linux.sh --path 2>/dev/null); then
		row 'the Linux guest' "in $cache"
	else
		row 'the Linux guest' 'not here: make linux fetches it once, 110 MB'
	fi
}

# Labs h1 and h2 need H, the later ones a timer of the host's besides: Sstc.
labs() {
	local folder lab why
	status=0
	echo 'labs:'
	for folder in labs/h[1-9]_*/; do
		lab=$(basename "$folder")
		why=
		[[ $lab < h3 || $sstc == yes ]] || why='QEMU has no Sstc'
		[ "$h" = yes ] || why='QEMU has no H extension'
		[ ${#missing[@]} = 0 ] || why="lacks ${missing[0]}"
		[ ${#missing[@]} -gt 1 ] && why+=" and ${#missing[@]} packages in all"
		row "$lab" "${why:+no: }${why:-will run}"
		[ -z "$why" ] || status=1
	done
}

tools
machine
grading
labs
if [ ${#problems[@]} -gt 0 ]; then
	echo
	echo 'problems, and what to type:'
	printf '%s\n' "${problems[@]}"
fi
exit "$status"
