#!/bin/sh
# Makes a tree of Debian packages a machine that Vagrant can use: set-up.sh ROOT PUBLIC_KEY
set -eu
root=$1 key=$2
inside() { chroot "$root" "$@"; }

echo skiff-box >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 skiff-box\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 defaults,noatime 0 1\n' >"$root/etc/fstab"
: >"$root/etc/machine-id" # machines of the same id would get the same address
rm -f "$root"/etc/ssh/ssh_host_*

# Host keys are made at the first start: each machine its own.
cat >"$root/etc/systemd/system/ssh-keys.service" <<'UNIT'
[Unit]
Description=Host keys of SSH
Before=ssh.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
[Install]
WantedBy=multi-user.target
UNIT
printf 'UseDNS no\nPasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' >"$root/etc/ssh/sshd_config.d/skiff.conf"

cat >"$root/etc/systemd/network/10-eth0.network" <<'NET'
[Match]
Name=eth0
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
UseHostname=no
UseDNS=yes
[Link]
RequiredForOnline=no
NET
: >"$root/etc/resolv.conf" # there is nobody to ask

inside useradd -m -s /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
for home in home/vagrant root; do
  install -d -m 700 "$root/$home/.ssh"
  install -m 600 "$key" "$root/$home/.ssh/authorized_keys"
done
inside chown -R vagrant:vagrant /home/vagrant/.ssh

inside systemctl -q enable systemd-networkd ssh ssh-keys
inside systemctl -q disable containerd systemd-networkd-wait-online 2>/dev/null || true
inside systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer man-db.timer dpkg-db-backup.timer
