# Sourced by ./dev: which Debian packages a task needs, and how they are installed on Debian 12 and 13.
# shellcheck shell=bash

say() { printf '%s\n' "dev: $*" >&2; }
die() { say "$@"; exit 1; }

debian_release() {
  local ID='' VERSION_ID=''
  [ ! -r /etc/os-release ] || . /etc/os-release
  case "$ID $VERSION_ID" in
    "debian 12") echo bookworm ;;
    "debian 13") echo trixie ;;
    *) die "this is ${ID:-an unknown system} ${VERSION_ID:-}; packages are known for Debian 12 and 13 only." \
         "Install the like of these and call again with DEV_BOOTSTRAP=off: $(packages_for "$@" | tr '\n' ' ')" ;;
  esac
}

# NAME, or NAME>=VERSION where an older one will not do.
packages_for() {
  local task
  for task in "$@"; do
    case $task in
      build) printf '%s\n' g++ python3 cmake ninja-build ccache nlohmann-json3-dev libspdlog-dev libcli11-dev libssl-dev libnghttp2-dev ;;
      run) printf '%s\n' curl ;;
      test)
        printf '%s\n' 'catch2>=3' python3-pytest python3-pytest-xdist python3-jsonschema python3-cryptography python3-hpack \
          python3-h2 haproxy nginx libjetty9-java curl nghttp2-client openssl wrk valgrind strace nodejs chromium prometheus buildah ca-certificates clang-format-19 \
          keepalived iproute2 iptables libnginx-mod-stream python3-yaml \
          lintian rpm dpkg-dev mandoc systemd zsh fish
        [ -n "$(type -P javac)" ] || echo default-jdk-headless
        [ -n "$(type -P npm)" ] || echo npm ;;
      fuzz) printf '%s\n' clang-19 libclang-rt-19-dev ;;
      bench) printf '%s\n' python3 haproxy nginx curl openssl nghttp2-client valgrind strace wrk ;;
      micro) echo libbenchmark-dev ;;
      format) echo clang-format-19 ;;
      lint) printf '%s\n' clang-tidy-19 libbenchmark-dev ;;
      image) printf '%s\n' ca-certificates python3 ; [ -n "$(type -P docker)" ] || echo buildah ;;
      package) printf '%s\n' python3 dpkg-dev rpm lintian ;;
      roots) echo debootstrap ;;
      *) die "there is no list of packages for \"$task\"" ;;
    esac
  done | sort -u
}

# Those of the given packages that are not there, or too old.
missing() {
  local wanted=("$@") spec name least have
  declare -A versions=()
  while read -r name have; do versions[${name%:*}]=$have; done < <(
    dpkg-query -W -f='${Package} ${db:Status-Status} ${Version}\n' "${wanted[@]%%>=*}" 2>/dev/null |
      awk '$2 == "installed" {print $1, $3}')
  for spec in "${wanted[@]}"; do
    name=${spec%%>=*} least=${spec#"$name"}
    have=${versions[$name]:-}
    if [ -z "$have" ] || { [ -n "$least" ] && dpkg --compare-versions "$have" lt "${least#>=}"; }; then echo "$name"; fi
  done
}

# Any Boost from 1.81 on will do; which package it comes from differs.
boost_is_there() {
  local header=/usr/include/boost/version.hpp
  [ -r $header ] && [ "$(awk '$1 == "#define" && $2 == "BOOST_VERSION" {print $3}' $header)" -ge 108100 ]
}

# Installs what the tasks need. Returns at once, and says nothing, when all of it is there.
bootstrap() {
  [ "${DEV_BOOTSTRAP:-on}" != off ] || return 0
  bootstrap_packages "$@"
  case " $* " in *" test "*) bootstrap_from_npm ;; esac
}

# What drives the browser in tests, and the schemas of Kubernetes' API, come from npm, in the versions and with the checksums
# of package-lock.json. Without it only the tests of the status page and of the manifests cannot run.
bootstrap_from_npm() {
  local folder
  for folder in "$root"/tests/browser "$root"/tests/kubernetes; do
    if [ "${DEV_NODE_MODULES:-on}" = later ] || cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed"; then continue; fi
    say "installing what ${folder##*/} tests need, from npm"
    if npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
      cp "$folder/package-lock.json" "$folder/node_modules/.installed"
    else
      say "npm could not install it; those tests cannot run"
    fi
  done
}

bootstrap_packages() {
  local wanted lacking boost=no
  mapfile -t wanted < <(packages_for "$@")
  mapfile -t lacking < <(missing "${wanted[@]}")
  case " $* " in *" build "*) boost_is_there || boost=yes ;; esac
  [ ${#lacking[@]} != 0 ] || [ $boost = yes ] || return 0
  local names="${lacking[*]}"
  if [ $boost = yes ]; then names+="${names:+ }Boost"; fi

  local release
  release=$(debian_release "$@") || exit 1
  if [ "$EUID" != 0 ]; then
    say "packages are missing ($names): installing them as root"
    if sudo -n true 2>/dev/null || { [ -t 0 ] && [ -n "$(type -P sudo)" ]; }; then
      sudo -- env DEV_NODE_MODULES=later "$root/dev" bootstrap "$@" && return 0
    fi
    die "cannot become root; run this once as root, then try again: $(printf '%q' "$root/dev") bootstrap $*"
  fi
  say "installing $names"
  refresh_lists "$release"
  if [ $boost = yes ]; then lacking+=("$(boost_package "$release")"); fi
  install_packages "$release" "${lacking[@]}"
  mapfile -t lacking < <(missing "${wanted[@]}")
  [ ${#lacking[@]} = 0 ] || die "these are still missing or too old: ${lacking[*]}. Debian 12 has Catch2 3 in" \
    "bookworm-backports only: add that suite to apt's sources and try again"
}

refresh_lists() {
  local release=$1 backports=/etc/apt/sources.list.d/opslb-backports.sources
  if [ "$release" = bookworm ] && ! grep -qx bookworm-backports <<<"$(suites)"; then
    add_backports >"$backports"
    if ! apt-get -qq -o APT::Update::Error-Mode=any update; then
      say "bookworm-backports cannot be had from this mirror; going on without"
      rm -f "$backports"
    fi
  fi
  apt-get -qq update || say "the package lists could not be refreshed; trying with those that are there"
}

suites() { apt-get indextargets --format '$(RELEASE)' 'Created-By: Packages'; }

# From the mirror that the machine gets Debian 12 from, whichever kind of file says so.
add_backports() {
  local mirror
  mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "bookworm" {print $2; exit}')
  printf '%s\n' '# Written by ./dev of opslb: Catch2 3 and Boost 1.83 for Debian 12.' \
    'Types: deb' "URIs: ${mirror:-http://deb.debian.org/debian}" 'Suites: bookworm-backports' 'Components: main' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
}

boost_package() {
  local name
  [ "$1" = bookworm ] || { echo libboost-dev; return; }
  for name in libboost1.83-dev libboost1.81-dev; do
    [ -z "$(apt-cache -q show $name 2>/dev/null)" ] || { echo $name; return; }
  done
  die "apt knows neither libboost1.83-dev nor libboost1.81-dev; is Debian 12's main in its sources?"
}

# In a subshell for its traps. The servers among the packages are wanted as programs, which tests start on loopback, not
# as services: a policy-rc.d keeps them from being started now, and they are not started at the next boot either.
install_packages() (
  release=$1; shift
  policy=/usr/sbin/policy-rc.d
  put_back() {
    rm -f "$policy"
    if [ -e "$policy.opslb-saved" ]; then mv "$policy.opslb-saved" "$policy"; fi
  }
  trap put_back EXIT
  trap 'exit 130' INT TERM
  if [ -e "$policy" ]; then mv "$policy" "$policy.opslb-saved"; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"

  # Backports are taken only for what is named: apt prefers the main suite otherwise.
  names=()
  for name in "$@"; do
    if [ "$release $name" = "bookworm catch2" ]; then name+=/bookworm-backports; fi
    names+=("$name")
  done
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends --no-remove \
    "${names[@]}" >/dev/null || die "apt could not install: ${names[*]}"
  for name in haproxy nginx keepalived; do
    case " $* " in *" $name "*) [ -z "$(type -P systemctl)" ] || systemctl --quiet disable "$name.service" || true ;; esac
  done
)
