#!/bin/sh
# fetch.sh SUITE FOLDER [runc]: the containerd of one of Debian's suites, with its shim and ctr, in FOLDER. With `runc`, that
# of the suite, too, beside the libraries that it was built with, as those of the machine may be older; else the machine's is
# used.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2"
folder=$(cd "$2" && pwd)
[ -x "$folder/containerd" ] ||
  sh "$here/debian.sh" "$1" containerd "$folder" usr/bin/containerd-shim-runc-v2 usr/bin/ctr usr/bin/containerd
[ "${3:-}" = runc ] || exit 0
[ -x "$folder/runc" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. /etc/os-release
sh "$here/debian.sh" "$VERSION_CODENAME" patchelf "$work" usr/bin/patchelf
sh "$here/debian.sh" "$1" runc "$work" usr/sbin/runc
sh "$here/debian.sh" "$1" libc6 "$work/libc6" usr/lib
sh "$here/debian.sh" "$1" libseccomp2 "$work/libseccomp2" usr/lib
# As runc starts itself anew, it has to find them without being told.
rm -rf "$folder/lib"
mkdir "$folder/lib"
for lib in "$work"/*/lib/*-linux-gnu/ld-linux-*.so.? "$work"/*/lib/*-linux-gnu/libc.so.? "$work"/*/lib/*-linux-gnu/libseccomp.so.?; do
  cp -L "$lib" "$folder/lib/"
done
"$work/patchelf" --set-interpreter "$(echo "$folder"/lib/ld-linux-*)" --set-rpath "$folder/lib" "$work/runc"
"$work/runc" --version >/dev/null
mv "$work/runc" "$folder/runc"
