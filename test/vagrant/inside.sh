#!/bin/sh
# Runs a command where real virtual machines can be started and nothing of them can get out: namespaces of its own for
# processes, network and mounts, with libvirt's daemons in them. When the command ends, all of it is gone.
#   inside.sh COMMAND ...
set -eu
if [ -z "${SKIFF_INSIDE:-}" ]; then
  SKIFF_INSIDE=$(mktemp -d /var/tmp/skiff-libvirt.XXXXXX)
  export SKIFF_INSIDE
  trap 'rm -rf --one-file-system "$SKIFF_INSIDE"' EXIT
  unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc sh "$0" "$@" &
  trap 'kill -KILL $!' INT TERM # unshare itself lets these pass; with it, all goes that it holds
  status=0
  wait $! || status=$?
  exit $status
fi
folder=$SKIFF_INSIDE

ip link set lo up # the only way there is
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/dbus /run/lock /run/libvirt /run/sshd
for place in /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
  mkdir -p "$folder$place" "$place"
  [ "$place" != /etc/libvirt ] || cp -a /etc/libvirt/. "$folder$place/"
  mount --bind "$folder$place" "$place"
done
rm -rf /etc/libvirt/qemu/networks/autostart/*
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
CONF

dbus-daemon --system --fork
virtlogd -d
libvirtd -d
for _ in $(seq 100); do
  virsh -c qemu:///system version >/dev/null 2>&1 && break
  sleep 0.1
done

status=0
"$@" || status=$?
exit $status
