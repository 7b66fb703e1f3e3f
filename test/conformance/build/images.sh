#!/bin/bash
# Builds, from Debian packages and Kubernetes' own source tree only, every container image that the v1.20.2
# e2e conformance suite (and most of the non-conformance specs) asks for. No registry is contacted.
# Output: images.tar, one archive of all images in which shared layers stand once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); . "$here/env.sh"
SUITE=${SUITE:-bookworm}                    # Debian suite of the tools layer
MIRROR=${MIRROR:-$(sed -n "s/^URIs: *//p" /etc/apt/sources.list.d/debian.sources | head -1)}   # this machine's own Debian source
BUSYBOX=${BUSYBOX:-$(command -v busybox)}   # must be the static one
ETCD=${ETCD:-$(command -v etcd)}            # 3.4.x
pack() { "$here/../../../node_modules/.bin/node" "$here/pack.ts" "$@"; }
export GOPATH GO111MODULE=off CGO_ENABLED=0
B=$work/build; mkdir -p "$B/recipes"; rm -f "$B"/recipes/*

gobuild() { # name package
  [ -x "$B/$1" ] && [ -z "${REBUILD:-}" ] || (cd "$source" && go build -ldflags '-s -w' -o "$B/$1" "$2")
}
gobuild agnhost            ./test/images/agnhost
gobuild sample-apiserver   k8s.io/kubernetes/vendor/k8s.io/sample-apiserver
gobuild nnp                ./test/images/nonewprivs
gobuild consumer           ./test/images/resource-consumer
gobuild consume-cpu        ./test/images/resource-consumer/consume-cpu
gobuild regression-issue-74839 ./test/images/regression-issue-74839

# --- pause -------------------------------------------------------------------------------------------------
cat > "$B/pause.c" <<'C'
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
static void down(int s){(void)s;_exit(0);}
static void reap(int s){(void)s;while(waitpid(-1,0,WNOHANG)>0);}
int main(void){signal(SIGINT,down);signal(SIGTERM,down);signal(SIGCHLD,reap);for(;;)pause();}
C
[ -x "$B/pause" ] || gcc -Os -static -s -o "$B/pause" "$B/pause.c"

# --- one Debian "tools" layer, shared by agnhost, dnsutils, httpd, nginx, redis, perl, ... -----------------
TOOLS=$B/tools.tar
if [ ! -s "$TOOLS" ]; then
  mmdebstrap --mode=root --variant=minbase --aptopt='Apt::Install-Recommends "false"' \
    --include=bash,curl,wget,iputils-ping,net-tools,bind9-dnsutils,bind9-host,netcat-openbsd,iproute2,iperf,iptables,conntrack,busybox-static,procps,util-linux,stress,perl,apache2-bin,media-types,nginx-light,redis-server \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*.log "$1"/etc/resolv.conf "$1"/etc/hostname' \
    --customize-hook='for a in $(chroot "$1" /bin/busybox --list); do case $a in busybox|sh|ash|init|reboot|halt|poweroff|httpd|ip|ss) continue;; esac; for d in usr/bin usr/sbin bin sbin usr/local/bin; do { [ -e "$1/$d/$a" ] || [ -L "$1/$d/$a" ]; } && continue 2; done; ln -s /bin/busybox "$1/usr/local/bin/$a"; done' \
    "$SUITE" "$B/tools-part.tar" "$MIRROR"
  # drop device nodes: containerd makes its own /dev
  python3 - "$B/tools-part.tar" "$TOOLS" <<'P'
import sys, tarfile
with tarfile.open(sys.argv[1]) as i, tarfile.open(sys.argv[2] + '.tmp', 'w', format=tarfile.PAX_FORMAT) as o:
    for m in i:
        n = m.name.lstrip('./')
        if m.ischr() or m.isblk() or n.startswith('dev/'):
            continue
        m.mtime = 0
        o.addfile(m, i.extractfile(m) if m.isreg() else None)
import os
os.rename(sys.argv[2] + '.tmp', sys.argv[2])
P
  rm -f "$B/tools-part.tar"
fi

fresh() { rm -rf "$B/rootfs-$1"; mkdir -p "$B/rootfs-$1"; echo "$B/rootfs-$1"; }

# --- busybox -------------------------------------------------------------------------------------------------
r=$(fresh busybox); mkdir -p $r/{bin,sbin,usr/bin,usr/sbin,etc,tmp,root,home,var/spool/mail,var/www,proc,sys,dev}
chmod 1777 $r/tmp; install -m755 "$BUSYBOX" $r/bin/busybox
"$BUSYBOX" --list | while read -r a; do [ "$a" = busybox ] || ln -f $r/bin/busybox $r/bin/$a; done
ln -sf /bin/env $r/usr/bin/env
printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n' > $r/etc/passwd
printf 'root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n' > $r/etc/group
# hard links keep the layer small; pack it once as a tar so that its derived images share the layer
python3 - "$r" "$B/busybox.tar" <<'P'
import os, sys, tarfile
d, out = sys.argv[1:]
def flt(ti):
    ti.mtime = 0; ti.uname = ti.gname = ''; return ti
with tarfile.open(out, 'w', format=tarfile.PAX_FORMAT) as t:
    for root, dirs, files in os.walk(d):
        dirs.sort()
        for n in sorted(dirs + files):
            p = os.path.join(root, n)
            t.add(p, arcname=os.path.relpath(p, d), recursive=False, filter=flt)
P
BB=$B/busybox.tar
pack add "$B/recipes/busybox.json" --name docker.io/library/busybox:1.29 --name docker.io/library/busybox:latest --layer "$BB" --cmd '["sh"]'
pack add "$B/recipes/alpine.json" --name gcr.io/authenticated-image-pulling/alpine:3.7 --layer "$BB" --cmd '["/bin/sh"]'
pack add "$B/recipes/nonroot.json" --name gcr.io/kubernetes-e2e-test-images/nonroot:1.0 --layer "$BB" --cmd '["sh"]' --user 1234
pack add "$B/recipes/ipc-utils.json" --name gcr.io/kubernetes-e2e-test-images/ipc-utils:1.0 --layer "$TOOLS" --cmd '["/bin/sh"]'

r=$(fresh nnp); mkdir -p $r/usr/local/bin; install -m755 "$B/nnp" $r/usr/local/bin/nnp; chmod u+s,g+s $r/usr/local/bin/nnp
pack add "$B/recipes/nonewprivs.json" --name gcr.io/kubernetes-e2e-test-images/nonewprivs:1.0 --layer "$BB" --layer $r --cmd '["nnp"]'

# --- pause ---------------------------------------------------------------------------------------------------
r=$(fresh pause); install -m755 "$B/pause" $r/pause
pack add "$B/recipes/pause.json" --name k8s.gcr.io/pause:3.2 --layer $r --entrypoint '["/pause"]'

# --- agnhost and what derives from it ------------------------------------------------------------------------
r=$(fresh agnhost); mkdir -p $r/uploads; install -m755 "$B/agnhost" $r/agnhost; ln -s agnhost $r/agnhost-2
cp "$source"/test/images/agnhost/porter/localhost.{crt,key} $r/
mkdir -p $r/usr/local/bin; ln -s /usr/bin/iperf $r/usr/local/bin/iperf
pack add "$B/recipes/agnhost.json" --name k8s.gcr.io/e2e-test-images/agnhost:2.21 --name gcr.io/k8s-authenticated-test/agnhost:2.6 \
  --layer "$TOOLS" --layer $r --entrypoint '["/agnhost"]' --cmd '["pause"]' --port 80 --port 8080 --port 8081 --port 9376
AG=$r
for i in kitten nautilus; do
  r=$(fresh $i); cp "$source/test/images/$i/html/$i.jpg" "$source/test/images/$i/html/data.json" $r/
  pack add "$B/recipes/$i.json" --name gcr.io/kubernetes-e2e-test-images/$i:1.0 --layer "$TOOLS" --layer $AG --layer $r \
    --entrypoint '["/agnhost"]' --cmd '["test-webserver"]' --port 80
done
pack add "$B/recipes/jessie-dnsutils.json" --name gcr.io/kubernetes-e2e-test-images/jessie-dnsutils:1.0 --layer "$TOOLS" --cmd '["bash"]'
pack add "$B/recipes/debian-iptables.json" --name k8s.gcr.io/build-image/debian-iptables:buster-v1.3.0 --layer "$TOOLS" --cmd '["bash"]'
pack add "$B/recipes/perl.json" --name docker.io/library/perl:5.26 --layer "$TOOLS" --cmd '["perl","-de0"]'
pack add "$B/recipes/redis.json" --name docker.io/library/redis:5.0.5-alpine --layer "$TOOLS" --cmd '["redis-server","--bind","0.0.0.0","--protected-mode","no"]' --workdir /tmp --port 6379

# --- httpd: same paths as the official image (prefix /usr/local/apache2, httpd-foreground) ---------------------
r=$(fresh httpd); mkdir -p $r/usr/local/apache2/{htdocs,conf,logs,cgi-bin} $r/usr/local/bin
echo '<html><body><h1>It works!</h1></body></html>' > $r/usr/local/apache2/htdocs/index.html
cat > $r/usr/local/apache2/conf/httpd.conf <<'C'
ServerRoot "/usr/local/apache2"
PidFile /usr/local/apache2/logs/httpd.pid
Listen 80
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule autoindex_module /usr/lib/apache2/modules/mod_autoindex.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
User www-data
Group www-data
DocumentRoot "/usr/local/apache2/htdocs"
<Directory "/usr/local/apache2/htdocs">
  Options Indexes FollowSymLinks
  Require all granted
</Directory>
DirectoryIndex index.html
TypesConfig /etc/mime.types
ErrorLog /proc/self/fd/2
LogLevel warn
LogFormat "%h %l %u %t \"%r\" %>s %b" common
CustomLog /proc/self/fd/1 common
StartServers 1
MinSpareThreads 5
MaxSpareThreads 25
ThreadsPerChild 25
C
cat > $r/usr/local/bin/httpd-foreground <<'C'
#!/bin/sh
set -e
rm -f /usr/local/apache2/logs/httpd.pid
exec httpd -DFOREGROUND "$@"
C
printf '#!/bin/sh\nexec /usr/sbin/apache2 -f /usr/local/apache2/conf/httpd.conf "$@"\n' > $r/usr/local/bin/httpd
chmod 755 $r/usr/local/bin/*
for v in 2.4.38 2.4.39; do # two tags must be two different images
  echo $v > $r/usr/local/apache2/VERSION
  pack add "$B/recipes/httpd-$v.json" --name docker.io/library/httpd:$v-alpine --layer "$TOOLS" --layer $r \
    --cmd '["httpd-foreground"]' --workdir /usr/local/apache2 --env HTTPD_PREFIX=/usr/local/apache2 --env HTTPD_VERSION=$v --port 80
done

# --- nginx -----------------------------------------------------------------------------------------------------
r=$(fresh nginx); mkdir -p $r/usr/share/nginx/html $r/etc/nginx/conf.d $r/var/log/nginx $r/var/cache/nginx $r/var/lib/nginx $r/run
echo '<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>' > $r/usr/share/nginx/html/index.html
cp $r/usr/share/nginx/html/index.html $r/usr/share/nginx/html/50x.html
cat > $r/etc/nginx/nginx.conf <<'C'
user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  server { listen 80; server_name localhost; location / { root /usr/share/nginx/html; index index.html; } }
}
C
ln -s /dev/stdout $r/var/log/nginx/access.log; ln -s /dev/stderr $r/var/log/nginx/error.log
for v in 1.14 1.15; do
  echo $v > $r/usr/share/nginx/VERSION
  pack add "$B/recipes/nginx-$v.json" --name docker.io/library/nginx:$v-alpine --layer "$TOOLS" --layer $r \
    --cmd '["nginx","-g","daemon off;"]' --env NGINX_VERSION=$v --port 80
done

# --- etcd, sample-apiserver, resource-consumer, regression-issue-74839 ------------------------------------------
r=$(fresh etcd); mkdir -p $r/usr/local/bin; install -m755 "$ETCD" $r/usr/local/bin/etcd
command -v etcdctl >/dev/null && install -m755 "$(command -v etcdctl)" $r/usr/local/bin/etcdctl
pack add "$B/recipes/etcd.json" --name k8s.gcr.io/etcd:3.4.13-0 --layer "$TOOLS" --layer $r --cmd '["etcd"]' --port 2379
r=$(fresh sample-apiserver); install -m755 "$B/sample-apiserver" $r/sample-apiserver
pack add "$B/recipes/sample-apiserver.json" --name gcr.io/kubernetes-e2e-test-images/sample-apiserver:1.17 --layer "$BB" --layer $r --entrypoint '["/sample-apiserver"]'
r=$(fresh resource-consumer); install -m755 "$B/consumer" $r/consumer
mkdir $r/consume-cpu; install -m755 "$B/consume-cpu" $r/consume-cpu/consume-cpu
pack add "$B/recipes/resource-consumer.json" --name gcr.io/kubernetes-e2e-test-images/resource-consumer:1.5 --layer "$TOOLS" --layer $r --entrypoint '["/consumer"]' --port 8080
r=$(fresh regression); install -m755 "$B/regression-issue-74839" $r/regression-issue-74839
pack add "$B/recipes/regression-issue-74839.json" --name gcr.io/kubernetes-e2e-test-images/regression-issue-74839-amd64:1.0 --layer "$BB" --layer $r --entrypoint '["/regression-issue-74839"]'
pack archive "$work/images.tar" "$B"/recipes/*.json
