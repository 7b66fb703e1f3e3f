# Where the suite of Kubernetes v1.20.2 and its images are built (source me). All of it can be set from the environment.
work=${SKIFF_CONFORMANCE:-${XDG_CACHE_HOME:-$HOME/.cache}/skiff/conformance}
export GOPATH=${GOPATH:-$work/gopath}
source=${SUITE_SOURCE:-$GOPATH/src/k8s.io/kubernetes}
mkdir -p "$work/bin" "$work/build"
