#!/bin/sh
# Joins this machine, prepared by prepare.sh, to a cluster, unless it is in it, and runs its node. May be repeated.
#   node.sh URL --token TOKEN --ca-hash HASH     as `skiff token create --print-join-command` says
# Environment: SKIFF_NODE_IP, the machine's address in the cluster's own network.
set -eu
: "${SKIFF_NODE_IP:?}"
umask 077
printf 'SKIFF_AGENT_FLAGS=%s\n' "${SKIFF_AGENT_FLAGS:-}" >/etc/skiff/agent.env
skiff join "$@" --node-ip "$SKIFF_NODE_IP" --no-start
systemctl -q enable skiff-agent
systemctl restart skiff-agent || sh "$(dirname "$0")/well.sh" skiff-agent # returns when it is well; touches no container
