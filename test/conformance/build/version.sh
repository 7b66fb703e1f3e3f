# What all that is built of Kubernetes v1.20.2 has in common (source me after env.sh).
#
# v1.20 vendors modern-go/reflect2 1.0.1, which corrupts memory when it iterates over maps under Go 1.18 and newer;
# 1.0.2, which Debian packages, is the fix: without it e2e.test may crash or lie, and the API server dies under load.
export GO111MODULE=off CGO_ENABLED=0
cd "$work/build"
if [ ! -f "$source/vendor/github.com/modern-go/reflect2/go_above_118.go" ]; then
  [ -d reflect2 ] || {
    apt-get download -qq golang-github-modern-go-reflect2-dev
    dpkg -x golang-github-modern-go-reflect2-dev*.deb reflect2
  }
  rm -f "$source"/vendor/github.com/modern-go/reflect2/*
  cp reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/* "$source/vendor/github.com/modern-go/reflect2/"
fi
ld="-s -w"
for package in k8s.io/kubernetes/vendor/k8s.io/component-base/version k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version; do
  ld="$ld -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=clean"
  ld="$ld -X $package.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56"
done
