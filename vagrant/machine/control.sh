#!/bin/sh
# Runs the control plane on this machine, prepared by prepare.sh. May be repeated.
# Environment: SKIFF_NODE_IP, the machine's address in the cluster's own network.
set -eu
: "${SKIFF_NODE_IP:?}"
umask 077
printf 'SKIFF_SERVER_FLAGS=%s\n' "${SKIFF_SERVER_FLAGS:-}" >/etc/skiff/server.env
systemctl -q enable skiff-server
systemctl restart skiff-server # returns when it answers
mkdir -p /root/.kube
sed "s|https://127.0.0.1:6443|https://$SKIFF_NODE_IP:6443|" /var/lib/skiff/server/admin.conf >/root/.kube/config
