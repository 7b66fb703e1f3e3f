#!/bin/sh
# fetch.sh SUITE FOLDER: the containerd of one of Debian's suites, with its shim and ctr, in FOLDER. The machine's runc is
# used by all of them.
set -eu
[ -x "$2/containerd" ] && exit 0
exec sh "$(dirname "$0")/../debian.sh" "$1" containerd "$2" usr/bin/containerd-shim-runc-v2 usr/bin/ctr usr/bin/containerd
