# Read by install.sh: a control plane of Kubernetes, without nodes, for the tests that deploy to a cluster.
# Debian's last source package that holds all it needs is 1.20. Its build takes minutes, so the result lies outside of the tree,
# where each clone on this machine finds it.
k8s_version=1.20.2
k8s_suite=bookworm
k8s_built="${XDG_CACHE_HOME:-$HOME/.cache}/ship-test/k8s-$k8s_version"
k8s_programs=(kube-apiserver kube-controller-manager etcd)

install_control_plane() {
  local each
  if [ -n "${SHIP_TEST_KUBECONFIG:-}" ]; then
    say "tests deploy to the cluster of SHIP_TEST_KUBECONFIG"
    return
  fi
  if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    for each in "${k8s_programs[@]}"; do
      # The assets of envtest have no controllers: one of the same version must be put beside them.
      [ -x "$KUBEBUILDER_ASSETS/$each" ] || say "KUBEBUILDER_ASSETS has no $each: tests with a cluster are skipped" >&2
    done
    return
  fi
  [ ! -e "$k8s_built" ] || return 0
  if [ ! -e "$mirrors" ]; then
    say "the control plane of Kubernetes comes from Debian's packages, and $mirrors is not there: tests with it are skipped" >&2
    return
  fi
  if reaches_go_modules; then
    say "Go and its modules are here, but building a newer Kubernetes from them is not written yet: it is $k8s_version"
  fi
  build_control_plane
}

# Can Go fetch the modules of a Kubernetes of today?
reaches_go_modules() {
  command -v go >/dev/null && (cd / && timeout 30 go list -m k8s.io/kubernetes@latest) >/dev/null 2>&1
}

build_control_plane() {
  local began=$SECONDS new
  command -v dpkg-source >/dev/null || install_packages dpkg-dev
  mkdir -p "$(dirname "$k8s_built")"
  # Two clones may build at the same time, and what is half built is never in its place.
  new=$(mktemp -d "$k8s_built.XXXXXX")
  # Gigabytes, if it is broken off.
  # shellcheck disable=SC2064
  trap "rm -rf '$new'" EXIT
  say "building Kubernetes $k8s_version, which takes some minutes"
  if ! (cd "$new" && fetch_sources && compile) > "$new/log" 2>&1; then
    tail -20 "$new/log" >&2
    return 1
  fi
  [ -e "$k8s_built" ] || mv "$new/bin" "$k8s_built"
  rm -rf "$new"
  installed=1
  say "Kubernetes $k8s_version is in $k8s_built now ($((SECONDS - began)) s, $(du -sh "$k8s_built" | cut -f1))"
}

# The compiler, its one library that is newer than the vendored one, etcd, and the sources.
fetch_sources() {
  unpack "$k8s_suite" golang-1.19-go golang-github-modern-go-reflect2-dev etcd-server || return
  other_release deb-src "$k8s_suite" || return
  APT_CONFIG="$PWD/apt/apt.conf" apt-get source -qq --download-only kubernetes || return
  mkdir -p go/src/k8s.io
  dpkg-source --no-check -x kubernetes_*"$k8s_version"-*.dsc go/src/k8s.io/kubernetes
}

compile() {
  local new=$PWD vendored=k8s.io/kubernetes/vendor/k8s.io each stamp=()
  export GOROOT="$new/root/usr/lib/go-1.19" GOPATH="$new/go" GOCACHE="$new/cache" GO111MODULE=off GOFLAGS='' GOPROXY=off CGO_ENABLED=0
  export PATH="$GOROOT/bin:$PATH"
  cd go/src/k8s.io/kubernetes || return
  # Compiled by Go 1.18 and later, the vendored reflect2 ends the API server at the first custom resource ("fatal error: fault").
  rm -rf vendor/github.com/modern-go/reflect2
  cp -r "$new/root/usr/share/gocode/src/github.com/modern-go/reflect2" vendor/github.com/modern-go/ || return
  generate_openapi "$new" || return
  # Clients ask for the version, which is 0.0.0 otherwise.
  for each in component-base/version client-go/pkg/version; do
    stamp+=("-X $vendored/$each.gitVersion=v$k8s_version -X $vendored/$each.gitMajor=1 -X $vendored/$each.gitMinor=20")
  done
  mkdir -p "$new/bin"
  nice -n 10 go build -p 2 -ldflags "-s -w ${stamp[*]}" -o "$new/bin/" ./cmd/kube-apiserver ./cmd/kube-controller-manager || return
  cp "$new/root/usr/bin/etcd" "$new/bin/"
}

# The package that describes all types is generated, and not part of the sources.
# generate_openapi FOLDER
generate_openapi() {
  local new=$1 staging=staging/src/k8s.io packages machinery=k8s.io/kubernetes/vendor/k8s.io/apimachinery/pkg
  [ ! -s pkg/generated/openapi/zz_generated.openapi.go ] || return 0
  packages=$(grep -rl --include=*.go -E '^// \+k8s:openapi-gen=(true|package)' \
    $staging/{api,apimachinery,apiextensions-apiserver,kube-aggregator,apiserver,kube-controller-manager,kubelet,kube-proxy,kube-scheduler,metrics,cloud-provider,component-base} pkg cmd |
    xargs -n1 dirname | sort -u | grep -v -E 'test|example' |
    sed -e 's#^staging/src/#k8s.io/kubernetes/vendor/#' -e 's#^\(pkg\|cmd\)/#k8s.io/kubernetes/\1/#' | paste -sd,)
  go build -o "$new/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen || return
  "$new/openapi-gen" --go-header-file /dev/null -O zz_generated.openapi -i "$packages,$machinery/version,$machinery/runtime" \
    -p k8s.io/kubernetes/pkg/generated/openapi -o "$new/go/src" -r "$new/violations"
}
