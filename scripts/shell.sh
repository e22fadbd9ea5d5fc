# Shared by quickstart and scripts/test.sh (sourced by bash).

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo env PATH="$PATH" "$@"; fi
}

# Installs the Debian packages of those arguments COMMAND:PACKAGE or LIBRARY.so.N:PACKAGE that are missing here.
install_missing() {
  local packages
  packages=$(missing_packages "$@")
  if [ -z "$packages" ]; then
    say "packages: nothing is missing"
    return
  fi
  command -v apt-get >/dev/null || fail "these are missing, and there is no apt-get to install them with: $packages"
  say "packages: installing $packages"
  local output
  output=$(as_root apt-get update -qq </dev/null 2>&1) || fail "apt-get update: $output"
  # shellcheck disable=SC2086 # one argument for each package
  output=$(as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends $packages </dev/null 2>&1) || fail "apt-get install $packages: $output"
  packages=$(missing_packages "$@")
  [ -z "$packages" ] || fail "still missing after installation: $packages"
}

missing_packages() {
  local want packages=''
  for want in "$@"; do
    is_here "${want%%:*}" || case " $packages " in *" ${want#*:} "*) ;; *) packages="$packages ${want#*:}" ;; esac
  done
  say "${packages# }"
}

is_here() {
  case $1 in
    */*) [ -e "$1" ] ;;
    *.so.*) case "$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)" in *"$1"*) ;; *) return 1 ;; esac ;;
    *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
  esac
}

# Node's packages, when there are none yet or package-lock.json has changed since.
install_node_packages() {
  command -v node >/dev/null && command -v npm >/dev/null || fail "node and npm are needed (Node 20.16 or later)"
  local version wanted=20.16.0
  version=$(node --version)
  version=${version#v}
  [ "$(printf '%s\n' "$wanted" "$version" | sort --version-sort | head -n 1)" = "$wanted" ] || fail "Node 20.16 or later is needed, this is $version"
  if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say "npm packages: installing"
    npm ci --no-progress --loglevel=error </dev/null
  else
    say "npm packages: nothing is missing"
  fi
}
