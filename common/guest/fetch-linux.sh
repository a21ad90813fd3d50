#!/usr/bin/env bash
#
# fetch-linux.sh - the Linux guest's two files, from Debian, into a cache.
#
#   fetch-linux.sh             fetches them once; prints the cache's path
#   fetch-linux.sh --refresh   fetches them anew, for a newer point release
#   fetch-linux.sh --path      prints that path, or exits 1; no network
#
# The cache is $HVLAB_CACHE, by default ~/.cache/hvlab. Its linux/ holds Image,
# busybox, and SHA256SUMS, which names the packages they came from. apt does
# the work and checks Debian's signatures, under a configuration of our own: so
# any Debian will do, root is not needed and the machine's own packages stay as
# they are. Exits 3 when the files cannot be had.
set -euo pipefail

suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
cache=$(realpath -m "${HVLAB_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/hvlab}")
linux=$cache/linux
work=$cache/.fetch # beside the result, so that a rename brings it there

have() { [ -e "$linux/Image" ] && [ -e "$linux/busybox" ]; }

fail() {
	echo "fetch-linux: $*" >&2
	exit 3
}

reason() { grep -m 1 -E '^(E|tar|dpkg-deb):' log; }

# An apt that knows the riscv64 packages of one suite, and nothing else.
private() {
	"$1" -q -o APT::Architecture=riscv64 -o APT::Architectures::=riscv64 \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Acquire::Retries=1 -o APT::Update::Error-Mode=any \
		-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" \
		-o Dir::Cache="$work/apt" "${@:2}"
}

# The machine's own archives, whichever way its sources are written: apt
# itself says where it would look. Suites such as bookworm-security drop out.
mirrors() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "${DEBIAN_MIRROR%/}"
	else
		apt-get update --print-uris -o Dir::State::lists="$work/apt/lists" |
			sed -n "s|^'\(.*\)/dists/[a-z]*/InRelease'.*|\1|p" | sort -u
	fi
}

# Sets mirror to the first that has the suite, signed by Debian.
find_mirror() {
	for mirror in $(mirrors); do
		echo "deb [arch=riscv64 signed-by=$keyring] $mirror $suite main" \
			>"$work/sources.list"
		private apt-get update && return
	done
	return 1
}

# take PACKAGE FILE NAME: FILE of the package becomes new/NAME.
take() {
	rm -f ./*.deb
	private apt-get download "$1" &&
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO --wildcards "$2" >"new/$3" &&
		echo "# $(dpkg-deb -W ./*.deb)" >>new/SHA256SUMS
}

# linux-image-riscv64 only depends on the kernel of the day.
fetch() {
	local kernel
	kernel=$(private apt-cache depends linux-image-riscv64 |
		sed -n 's/.*Depends: \(linux-image-.*\)/\1/p') &&
		take "$kernel" './boot/vmlinux-*' Image &&
		take busybox-static ./usr/bin/busybox busybox &&
		chmod 755 new/busybox &&
		(cd new && sha256sum Image busybox >>SHA256SUMS)
}

if [ "${1:-}" = --path ]; then
	have && echo "$cache"
	exit
elif [ "${1:-}" != --refresh ] && have; then
	echo "$cache"
	exit
fi

command -v apt-get >/dev/null || fail 'this takes apt-get, from Debian or Ubuntu'
[ -e $keyring ] || fail "no $keyring: install debian-archive-keyring"
{ mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null ||
	fail "cannot write to $cache: set HVLAB_CACHE"

exec 9>"$cache/.lock"
flock 9 # whoever else is fetching has finished now
if [ "${1:-}" != --refresh ] && have; then
	echo "$cache"
	exit
fi

trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"/{new,apt/lists/partial,apt/archives/partial}
touch "$work/apt/status"
cd "$work"

find_mirror >log 2>&1 || fail "no mirror has Debian $suite (DEBIAN_MIRROR= names another):" \
	"$(reason || echo 'apt has no sources here')"
echo "fetch-linux: Debian $suite's kernel and busybox from $mirror, about 110 MB, once" >&2
fetch >log 2>&1 || fail "cannot fetch from $mirror: $(reason || tail -n 1 log)"
[ ! -e "$linux" ] || mv "$linux" old
mv new "$linux"
echo "$cache"
