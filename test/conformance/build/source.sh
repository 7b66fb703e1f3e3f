#!/bin/bash
# Gets Kubernetes v1.20.2 as Debian 12 packages its source, lays it out for Debian's Go 1.19, and generates what upstream's
# build generates. 2 to 3 minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends \
  golang-go gcc libc6-dev make rsync jq bc openssl dpkg-dev mmdebstrap busybox-static etcd-server python3 >/dev/null
if ! apt-cache showsrc kubernetes 2>/dev/null | grep -q '^Version: 1.20.5+really1.20.2'; then
  # The machine's own Debian source once more, as source packages of Debian 12.
  one=$(grep -lE '^URIs:' /etc/apt/sources.list.d/*.sources | xargs grep -l Debian -i | head -1)
  {
    echo 'Types: deb-src'
    grep -m1 '^URIs:' "$one"
    echo 'Suites: bookworm'
    echo 'Components: main'
    grep -m1 '^Signed-By:' "$one" || true
  } >/etc/apt/sources.list.d/bookworm-src.sources
  apt-get update -qq >/dev/null
fi
mkdir -p "$work/src" "$GOPATH/src/k8s.io"
cd "$work/src"
if [ ! -d "$source" ]; then
  version=$(apt-cache showsrc kubernetes | sed -n 's/^Version: \(1.20.5+really1.20.2.*\)/\1/p' | head -1)
  apt-get source --download-only "kubernetes=$version" >/dev/null 2>&1
  tar xzf kubernetes_1.20.5+really1.20.2.orig.tar.gz
  mv kubernetes-1.20.2 "$source"
fi
cd "$source"
export GO111MODULE=off GOPATH
if [ ! -f test/e2e/generated/bindata.go ]; then
  go build -o "$work/bin/go-bindata" ./vendor/github.com/go-bindata/go-bindata/go-bindata
  ignore=(-ignore .jpg -ignore .png -ignore .md -ignore 'BUILD(\.bazel)?')
  "$work/bin/go-bindata" -nometadata -o test/e2e/generated/bindata.go -pkg generated "${ignore[@]}" -ignore '\.go$' \
    test/conformance/testdata/... test/e2e/testing-manifests/... test/e2e_node/testing-manifests/... test/images/... test/fixtures/...
  "$work/bin/go-bindata" -nometadata -nocompress -o staging/src/k8s.io/kubectl/pkg/generated/bindata.go -pkg generated "${ignore[@]}" translations/...
fi
[ -f pkg/generated/openapi/zz_generated.openapi.go ] || (
  unset GOPATH
  KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=none KUBE_GIT_TREE_STATE=clean KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20 FORCE_HOST_GO=y \
    make generated_files >"$work/generate.log" 2>&1
)
