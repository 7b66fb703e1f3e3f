#!/bin/sh
# fetch.sh SUITE FOLDER: the containerd of one of Debian's suites, with its shim and ctr, in FOLDER. The machine's own
# packages, sources and lists are left alone; its runc is used by all of them.
set -eu
suite=$1
folder=$2
[ -x "$folder/containerd" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
# The mirror that the machine itself uses.
mirror=$(sed -nE 's/^(URIs:|deb)[[:space:]]+(\[[^]]*\][[:space:]]+)?(https?:[^[:space:]]*\/debian)\/?([[:space:]].*)?$/\3/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
cat >"$work/suite.sources" <<SOURCES
Types: deb
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/suite.sources" -o Dir::Etc::sourceparts=/nonexistent \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}
apt update
cd "$work"
apt download "containerd/$suite"
dpkg-deb -x containerd_*.deb "$work/unpacked"
for name in containerd-shim-runc-v2 ctr containerd; do mv "$work/unpacked/usr/bin/$name" "$folder/$name"; done
