#!/bin/sh
# Makes a machine with systemd ready to be a server or a node: packages, kernel modules, containerd, units. May be repeated.
# Environment:
#   SKIFF_CGROUP_DRIVER  systemd (the default) or cgroupfs
#   SKIFF_NODE_IP        the machine's address in the cluster's own network
set -eu
here=$(dirname "$(readlink -f "$0")")
home=$(dirname "$(dirname "$here")")
driver=${SKIFF_CGROUP_DRIVER:-systemd}

sh "$home/vagrant/provision.sh" --machine

printf 'overlay\nbr_netfilter\nnf_conntrack\nip_vs\nip_vs_rr\nip_vs_wrr\nip_vs_sh\ndummy\n' >/etc/modules-load.d/skiff.conf
while read -r module; do modprobe "$module" 2>/dev/null || true; done </etc/modules-load.d/skiff.conf
printf 'net.ipv4.ip_forward = 1\nfs.inotify.max_user_instances = 8192\n' >/etc/sysctl.d/90-skiff.conf
sysctl -q -p /etc/sysctl.d/90-skiff.conf

cni=/usr/lib/cni
[ -e $cni/bridge ] || cni=/opt/cni/bin
[ "$driver" = systemd ] && slices=true || slices=false
mkdir -p /etc/containerd /etc/cni/net.d
cat >/etc/containerd/config.toml.new <<CONFIG
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "skiff.local/pause:1"
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = $slices
CONFIG
systemctl -q enable containerd
if cmp -s /etc/containerd/config.toml.new /etc/containerd/config.toml; then
  rm /etc/containerd/config.toml.new
  systemctl start containerd
else
  mv /etc/containerd/config.toml.new /etc/containerd/config.toml
  systemctl restart containerd
fi
"$home/node_modules/.bin/node" "$here/images.ts"

id -u skiff >/dev/null 2>&1 || useradd --system --home-dir /var/lib/skiff --shell /usr/sbin/nologin skiff
mkdir -p /etc/skiff
[ -z "${SKIFF_NODE_IP:-}" ] || printf 'SKIFF_NODE_IP=%s\n' "$SKIFF_NODE_IP" >/etc/skiff/machine.env
for unit in "$here"/units/*.service; do
  sed "s|@HOME@|$home|g" "$unit" >"/etc/systemd/system/$(basename "$unit")"
done
systemctl daemon-reload
printf '#!/bin/sh\nexport NODE_COMPILE_CACHE=/var/cache/skiff-agent\nexec %s/node_modules/.bin/node %s/cli/main.ts "$@"\n' "$home" "$home" >/usr/local/bin/skiff
chmod 755 /usr/local/bin/skiff
