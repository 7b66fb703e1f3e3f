#!/bin/sh
# Waits until a unit is up: one that dies at first is started again by systemd, and a machine that boots has much to do.
#   well.sh UNIT
set -eu
for _ in $(seq 300); do
  if systemctl -q is-active "$1"; then exit; fi
  sleep 1
done
journalctl -u "$1" -n 30 --no-pager >&2
exit 1
