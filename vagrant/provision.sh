#!/bin/sh
# Makes a bare Debian machine ready for Skiff: Debian packages, then the npm packages of the lock file.
# Called by `skiff` (and so by `npm start`), by `npm test`, and by `vagrant up` on each machine.
#   --quick    return at once when nothing can be missing
#   --tests    also what only the tests need
#   --machine  only what a machine needs whose server and agent systemd runs: no lab, no kubectl
#   --box      what building a box needs
#   --vagrant  what `npm run vagrant:test` needs: Vagrant, libvirt and QEMU
set -eu
home=$(dirname "$(dirname "$(readlink -f "$0")")")
quick= groups='run lab'
for word in "$@"; do
  case $word in
    --quick) quick=1 ;;
    --tests) groups="$groups tests" ;;
    --machine) groups='run machine' ;;
    --box) groups="$groups box" ;;
    --vagrant) groups="$groups box vagrant" ;;
    *) echo "provision.sh: unknown option $word; its head says which there are" >&2; exit 2 ;;
  esac
done
. "$home/vagrant/versions.env"

say() { printf 'skiff: %s\n' "$*" >&2; }

# Whether the modules are those of this lock file: another version of Skiff may bring an older file with other modules in it.
modules=$home/node_modules/.package-lock.json made_for=$home/node_modules/.made-for.json
are_ours() {
  [ -x "$home/node_modules/.bin/node" ] || return 1
  cmp -s "$home/package-lock.json" "$made_for" && return 0
  [ "$modules" -nt "$home/package-lock.json" ] && ! [ "$made_for" -nt "$modules" ] # somebody else ran npm
}
has_modules=
are_ours && has_modules=1
[ -n "$has_modules" ] || groups="$groups build"

# A command, the Debian package that brings it, and what it is for.
missing_packages() {
  while read -r command package for; do
    case " $groups " in *" $for "*) ;; *) continue ;; esac
    case $command in
      */LIBS/*) command=${command%%LIBS*}$(uname -m)-linux-gnu${command#*LIBS} ;;
    esac
    case $command in
      /*) [ -e "$command" ] || echo "$package" ;;
      *) PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null 2>&1 || echo "$package" ;;
    esac
  done <<LIST
containerd containerd run
runc runc run
/usr/lib/cni/bridge containernetworking-plugins run
iptables iptables run
/usr/sbin/nft nftables run
conntrack conntrack run
ip iproute2 run
nsenter util-linux run
mount mount run
/bin/busybox busybox-static run
catatonit catatonit run
kubectl kubernetes-client lab
python3 python3 build
make make build
g++ g++ build
npm npm build
/usr/lib/LIBS/libatomic.so.1 libatomic1 machine
ipset ipset machine
ipvsadm ipvsadm machine
busctl systemd machine
mmdebstrap mmdebstrap box
qemu-img qemu-utils box
mkfs.ext4 e2fsprogs box
ssh-keygen openssh-client box
vagrant vagrant vagrant
/usr/share/doc/vagrant-libvirt vagrant-libvirt vagrant
libvirtd libvirt-daemon-system vagrant
/usr/lib/LIBS/libvirt/connection-driver/libvirt_driver_qemu.so libvirt-daemon-driver-qemu vagrant
virsh libvirt-clients vagrant
dnsmasq dnsmasq-base vagrant
dbus-daemon dbus-daemon vagrant
qemu-system-x86_64 qemu-system-x86 vagrant
rsync rsync vagrant
dig bind9-dnsutils tests
curl curl tests
etcd etcd-server tests
etcdctl etcd-client tests
docker-registry docker-registry tests
/lib/systemd/systemd-logind systemd tests
dbus-daemon dbus-daemon tests
git git tests
skopeo skopeo tests
/usr/lib/python3/dist-packages/kubernetes python3-kubernetes tests
LIST
}

has_packages=$(missing_packages | sort -u | tr '\n' ' ')
[ -n "$quick" ] && [ -z "$has_packages" ] && [ -n "$has_modules" ] && exit 0

if [ -n "$has_packages" ]; then
  if [ "$(id -u)" != 0 ]; then
    say "these Debian packages are missing: $has_packages"
    say "install them with: sudo apt-get install $has_packages"
    exit 1
  fi
  say "installing Debian packages: $has_packages"
  export DEBIAN_FRONTEND=noninteractive
  # Services that packages would start are not wanted: Skiff starts its own, each in its own namespace.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq >&2
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $has_packages >&2
fi

if [ -z "$has_modules" ]; then
  say "installing npm packages (Node.js $NODE_VERSION among them)"
  case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
  # node-pty is compiled: against the headers of the very Node.js that will load it.
  cd "$home"
  [ ! -L node_modules ] || rm node_modules # npm would empty what it leads to
  npm_config_nodedir="$home/node_modules/node-linux-$arch" npm ci --no-fund --no-audit --loglevel=error >&2
  # Older npm (Debian 12's own) does not link a program that is called "node".
  [ -e "$home/node_modules/.bin/node" ] || ln -s "../node-linux-$arch/bin/node" "$home/node_modules/.bin/node"
  touch "$modules"
  cp "$home/package-lock.json" "$made_for"
fi

have=$("$home/node_modules/.bin/node" --version)
if [ "$have" != "v$NODE_VERSION" ]; then
  say "Node.js is $have, but v$NODE_VERSION is needed: run 'npm ci' in $home on a supported machine (x86-64 or arm64 Linux)"
  exit 1
fi
