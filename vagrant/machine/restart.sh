#!/bin/sh
# Starts a unit anew, and returns when it is well: one that dies at first is started again by systemd, which is waited for.
#   restart.sh UNIT
set -eu
systemctl restart "$1" && exit
for _ in $(seq 60); do
  sleep 1
  if systemctl -q is-active "$1"; then exit; fi
done
journalctl -u "$1" -n 30 --no-pager >&2
exit 1
