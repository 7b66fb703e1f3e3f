#!/bin/sh
# Builds a Vagrant box (libvirt) of Debian's packages: for where no box can be downloaded. `npm run vagrant:box`
#   --suite NAME   bookworm (unless SKIFF_BOX_SUITE says another), trixie, ...
#   --out FOLDER   .cache/vagrant/box/SUITE unless told
#   --again        also if there is one already
# The folder holds skiff.box and what it was made of: box.img (qcow2), vmlinuz, initrd.img, and key, which opens it.
set -eu
home=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
suite=${SKIFF_BOX_SUITE:-bookworm} out= again= size=6G
while [ $# -gt 0 ]; do
  case $1 in
    --suite) suite=$2; shift ;;
    --out) out=$2; shift ;;
    --again) again=1 ;;
    *) echo "build.sh: unknown option $1; there are --suite, --out and --again" >&2; exit 2 ;;
  esac
  shift
done
out=${out:-$home/.cache/vagrant/box/$suite}
cache=$home/.cache/vagrant/packages/$suite
wanted=$(cat "$home/vagrant/box/build.sh" "$home/vagrant/box/packages.txt" "$home/vagrant/box/Vagrantfile" | sha256sum | cut -d' ' -f1)

say() { printf 'box: %s\n' "$*" >&2; }

if [ -z "$again" ] && [ "$(cat "$out/made-of" 2>/dev/null)" = "$wanted" ]; then
  say "$out/skiff.box is there already"
  exit 0
fi
[ "$(id -u)" = 0 ] || { say "must be run as root: it makes a file system"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/var/tmp}/skiff-box.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir -p "$out" "$cache"

# The machine's own mirror, so that what can be reached here is what is asked.
mirror=$(sed -n 's/^URIs: *\(.*\/debian\/\?\) *$/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\/debian\/\?\) .*/\2/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}
packages=$(sed 's/#.*//' "$home/vagrant/box/packages.txt" | xargs | tr ' ' ',')

say "installing $suite from $mirror"
mmdebstrap --mode=root --variant=minbase --include="$packages" --quiet \
  --skip=download/empty,essential/unlink,cleanup/apt,check/empty \
  --aptopt='Apt::Install-Recommends "false"' --aptopt='Apt::Keep-Downloaded-Packages "true"' \
  --dpkgopt='force-unsafe-io' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --setup-hook='mkdir -p "$1/var/cache/apt/archives/partial"' \
  --setup-hook="cp -a $cache/. \"\$1/var/cache/apt/archives/\"" \
  --customize-hook="cp -au \"\$1\"/var/cache/apt/archives/*.deb $cache/" \
  --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*' \
  "$suite" "$work/root" "$mirror"

say "setting it up"
[ -f "$out/key" ] || ssh-keygen -q -t ed25519 -N '' -C skiff-box -f "$out/key"
sh "$home/vagrant/box/set-up.sh" "$work/root" "$out/key.pub"

say "making the disk"
cp "$work"/root/boot/vmlinuz-* "$out/vmlinuz"
cp "$work"/root/boot/initrd.img-* "$out/initrd.img"
truncate -s $size "$work/disk"
mkfs.ext4 -q -L skiff -E lazy_itable_init=0,lazy_journal_init=0 -d "$work/root" "$work/disk"
qemu-img convert -O qcow2 "$work/disk" "$out/box.img"

say "packing the box"
printf '{"provider":"libvirt","format":"qcow2","virtual_size":%s}\n' "${size%G}" >"$out/metadata.json"
cp "$home/vagrant/box/Vagrantfile" "$out/Vagrantfile"
tar -C "$out" -cf "$out/skiff.box" metadata.json Vagrantfile box.img vmlinuz initrd.img key
printf '%s\n' "$wanted" >"$out/made-of"
say "made $out/skiff.box ($(du -h "$out/skiff.box" | cut -f1))"
