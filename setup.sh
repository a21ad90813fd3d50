#!/usr/bin/env bash
#
# setup.sh - what the kit needs from this machine, and how to get it.
#
#   ./setup.sh            installs what is missing on Debian or Ubuntu; silent
#                         when nothing is, and then changes nothing
#   ./setup.sh --docs     the same, with what `make docs` needs; --check-docs:
#                         and what `make check-docs` needs
#   ./setup.sh --gdb      the same, with what `make gdb` needs
#   ./setup.sh --list     installs nothing: a line for each need, for doctor.sh
#   ./setup.sh --python   prints the Python that sees the modules it needs
#
# `make demo` and `make check` call it, and so does the Dockerfile.
set -euo pipefail

# A purpose, and under it one line per package: its Debian name, then what
# proves that it is here when dpkg does not know it (built by hand, from pip,
# another system). qemu-system-riscv64 is a virtual package: qemu-system-misc
# provides it on bookworm, qemu-system-riscv on trixie.
needs='
to build:
  make                          has make
  gcc-riscv64-unknown-elf       has riscv64-unknown-elf-gcc
  picolibc-riscv64-unknown-elf  has_specs picolibc.specs
  device-tree-compiler          has dtc
to run:
  qemu-system-riscv64           has qemu-system-riscv64
to unit-test here, under the sanitizers:
  gcc                           has gcc
  libc6-dev                     has_header stdio.h
to grade:
  python3                       has python3
  python3-pytest                sees pytest
  python3-pytest-xdist          sees xdist
  python3-pytest-timeout        sees pytest_timeout
  python3-pexpect               sees pexpect
  python3-hypothesis            sees hypothesis
  python3-pyelftools            sees elftools
  python3-libfdt                sees libfdt
  python3-rich                  sees rich
  python3-jinja2                sees jinja2
  python3-junitparser           sees junitparser
  bubblewrap                    has bwrap
  git                           has git
to keep the code tidy:
  shellcheck                    has shellcheck
  clang-format                  has clang-format
  clang-tidy                    has clang-tidy
  black                         has black
  flake8                        has flake8
  mypy                          has mypy
to get the Linux guest:
  debian-archive-keyring        test -e /usr/share/keyrings/debian-archive-keyring.gpg
'

# Not in the image: the handbook is read far more often than it is built.
docs_needs='
to build the handbook:
  mkdocs                        has mkdocs
  mkdocs-material               has_theme material
'
gdb_needs='
to debug:
  gdb-multiarch                 has gdb-multiarch
'
browser_needs='
to look at it in a browser:
  chromium                      has chromium
  nodejs                        has node
  npm                           has npm
  fonts-noto-cjk                has_font zh
'

say() { echo "setup: $*" >&2; }

# The proofs. A module counts when one Python sees them all.
has() { command -v "$1"; }
has_specs() { [ -e "$(riscv64-unknown-elf-gcc -print-file-name="$1")" ]; }
has_theme() { mkdocs build --help | grep -w "$1"; }
has_font() { fc-list ":lang=$1" | grep .; }
has_header() { gcc -E -include "$1" -x c /dev/null; }
sees() { [ -n "${python=$(find_python)}" ]; }

# The first of $PYTHON, python3 and Debian's own that sees every module: the
# python3 in PATH may be one (pyenv, conda) that does not see Debian's packages.
find_python() {
	local python modules
	mapfile -t modules < <(sed -n 's/.* sees //p' <<<"$needs")
	for python in "${PYTHON:-}" python3 /usr/bin/python3; do
		if "$python" -c '
import sys
from importlib.util import find_spec
sys.exit(sys.version_info < (3, 11) or not all(map(find_spec, sys.argv[1:])))
' "${modules[@]}" 2>/dev/null; then
			command -v "$python"
			return
		fi
	done
}

# A line for each need, with tabs: what it is for, the package, its proof, yes
# or no.
check_needs() {
	local names installed purpose package proof here python # python: see sees
	mapfile -t names < <(awk '/^  / { print $1 }' <<<"$needs")
	installed=$(dpkg-query -W -f '${Package}=${db:Status-Status}\n' \
		"${names[@]}" 2>/dev/null || true)
	while read -r package proof; do
		if [[ $package == to ]]; then
			purpose="to $proof"
			continue
		fi
		here=yes
		grep -qx "$package=installed" <<<"$installed" ||
			$proof >/dev/null 2>&1 || here=no
		printf '%s\t%s\t%s\t%s\n' "$purpose" "$package" "$proof" "$here"
	done < <(grep . <<<"$needs")
}

# Sets missing to the packages to install, and reasons to a line per purpose.
find_missing() {
	local purpose package here
	missing=() reasons=()
	while IFS=$'\t' read -r purpose package _ here; do
		[ "$here" = no ] || continue
		missing+=("$package")
		[[ ${reasons[*]: -1} == "$purpose"* ]] || reasons+=("$purpose")
		reasons[-1]+=" $package"
	done < <(check_needs)
}

# The end where this script cannot do it: what is wrong, and the line to type.
give_up() {
	local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
	say "$1"
	if [ ${#missing[@]} = 0 ]; then
		exit 1
	elif ! has apt-get >/dev/null; then
		say 'install it by hand, or use the image:'
		line='docker build -t hvlab . && docker run --rm -it hvlab'
	elif [ "$(id -u)" = 0 ]; then
		say 'when that is solved, type:'
	elif has sudo >/dev/null; then
		say 'type:'
		line="sudo sh -c '$line'"
	else
		say 'type:'
		line="su - -c '$line'"
	fi
	echo "  $line" >&2
	exit 1
}

apt_get() {
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

main() {
	case "${1:-}" in
	--python)
		find_python | grep . && return
		find_missing
		give_up 'no Python here, from 3.11 on, sees every module that the kit needs'
		;;
	--list)
		check_needs
		needs=$gdb_needs$docs_needs check_needs | sed 's/^/when asked /'
		return
		;;
	--docs) needs+=$docs_needs ;;
	--gdb) needs+=$gdb_needs ;;
	--check-docs) needs+=$docs_needs$browser_needs ;;
	esac

	find_missing
	[ ${#missing[@]} = 0 ] && return
	say 'this machine lacks'
	printf '  %s\n' "${reasons[@]}" >&2

	has apt-get >/dev/null || give_up 'there is no apt-get here'
	if [ "$(id -u)" = 0 ]; then
		sudo=()
	elif has sudo >/dev/null; then
		sudo=(sudo)
		[ -t 0 ] || sudo+=(-n) # nobody is there to type a password
	else
		give_up 'installing it takes root, and there is no sudo'
	fi

	say 'installing it with apt-get: up to 350 MB, some minutes'
	local said
	said=$({ apt_get update || true; } 2>&1 &&
		apt_get install -y --no-install-recommends "${missing[@]}" 2>&1) || {
		grep -m 1 'Failed to fetch' <<<"$said" >&2 || true
		tail -n 1 <<<"$said" >&2
		give_up 'apt-get failed'
	}
	find_missing
	[ ${#missing[@]} = 0 ] || give_up "apt-get did not bring ${missing[*]}"
	say 'done'
}

main "$@"
