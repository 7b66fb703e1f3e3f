#!/bin/sh
# Runs the control plane on this machine, prepared by prepare.sh. May be repeated.
# Environment: SKIFF_NODE_IP, the machine's address in the cluster's own network.
set -eu
: "${SKIFF_NODE_IP:?}"
umask 077
printf 'SKIFF_SERVER_FLAGS=%s\n' "${SKIFF_SERVER_FLAGS:-}" >/etc/skiff/server.env
systemctl -q enable skiff-server
systemctl restart skiff-server || sh "$(dirname "$0")/well.sh" skiff-server # returns when it answers
mkdir -p /root/.kube
ln -sfn /var/lib/skiff/server/admin.conf /root/.kube/config # itself, not a copy: its certificate is renewed there
