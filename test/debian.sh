#!/bin/sh
# debian.sh SUITE PACKAGE FOLDER FILE...: files of a package of one of Debian's suites, in FOLDER. The machine's own packages,
# sources and lists are left alone.
set -eu
suite=$1
package=$2
folder=$3
shift 3
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
(cd "$work" && apt download "$package/$suite")
dpkg-deb -x "$work"/"$package"_*.deb "$work/unpacked"
for file in "$@"; do mv "$work/unpacked/$file" "$folder/"; done
