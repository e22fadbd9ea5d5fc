#!/bin/bash
# Everything that must hold: `npm test`. Installs what the tests need and lacks here, builds, checks types, style, imports and
# unused code, runs all tests but those on aarch64 (`npm run test:arm64`), and ends with the line "N passed, M failed, K skipped". Needs root (or sudo): tests make
# namespaces and cgroups, and start a dockerd of their own. Further arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/shell.sh

install_missing dockerd:docker.io containerd:docker.io docker:docker.io runc:runc crun:crun podman:podman ip:iproute2 iptables:iptables nft:nftables curl:curl ping:iputils-ping debootstrap:debootstrap busybox:busybox-static sysctl:procps /usr/lib/cni/host-local:containernetworking-plugins /usr/lib/podman/netavark:netavark /usr/lib/podman/aardvark-dns:aardvark-dns docker-compose:docker-compose nsenter:util-linux systemd-run:systemd /lib/systemd/systemd:systemd \
  gcc:gcc as:binutils aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu /usr/aarch64-linux-gnu/include/stdio.h:libc6-dev-arm64-cross qemu-aarch64-static:qemu-user-static strace:strace genisoimage:genisoimage isoinfo:genisoimage xorriso:xorriso bsdtar:libarchive-tools mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs qemu-system-x86_64:qemu-system-x86 zsh:zsh fish:fish debootstrap:debootstrap mandoc:mandoc man:man-db libseccomp.so.2:libseccomp2 libstdc++.so.6:libstdc++6 /usr/include/stdio.h:libc6-dev
# Some tests boot a kernel of Debian's in a virtual machine, and fetch it themselves.
apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || as_root apt-get update -qq </dev/null
install_node_packages

say "build"
node test/guests/build.mjs &
guests=$!
npm run --silent build -- --if-stale
wait "$guests"

# Most of these tests wait for the kernel or for a Docker, so there are two runs of vitest side by side, each with one dockerd for
# its files: one for the network, for what needs the kernel and for the virtual machine, one for all others.
work=$(mktemp --directory)
network=
made=()
# The second run is still there only when this script is interrupted.
clean_up() {
  local status=$?
  if [ -n "$network" ]; then
    as_root kill -- "-$(cat "$work/network.group")" 2>/dev/null || true
    wait "$network" 2>/dev/null || true
  fi
  rm -rf "$work"
  [ ${#made[@]} = 0 ] || as_root rmdir "${made[@]}" 2>/dev/null || true
  exit "$status"
}
trap clean_up EXIT
# The second run has folders of its own over these. They are here throughout, so that none goes from beneath it.
for folder in /var/cache/runnc /var/lib/runnc; do
  [ -d "$folder" ] || { as_root mkdir --mode 700 "$folder" && made+=("$folder"); }
done
# vitest with its report in "$work/NAME.json". A filter among the arguments may leave one of the runs without a file.
run_tests() {
  local name=$1
  shift
  as_root "${inside[@]}" npx --no-install vitest run --passWithNoTests --reporter=default --reporter=json --outputFile.json="$work/$name.json" "$@" </dev/null
}
inside=(scripts/apart.sh "$work/network.group")
run_tests network --project kernel --project e2e --project hvt --exclude 'test/e2e/!(network)/**' --exclude 'test/e2e/*.test.ts' "$@" >"$work/network.log" 2>&1 &
network=$!
inside=()

failed=()
step() {
  say "check: $1"
  shift
  "$@" || failed+=("$*")
}
step 'types' npm run --silent typecheck
step 'style' npm run --silent lint
step 'imports' npm run --silent imports
step 'unused code' npm run --silent unused

say "tests"
statuses=(0 0)
run_tests others --project unit --project e2e --exclude 'test/e2e/network/**' "$@" || statuses[0]=$?
say "tests of the network, of what needs the kernel, and in a virtual machine"
wait "$network" || statuses[1]=$?
network=
cat "$work/network.log"
status=0
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}" >&2
  status=1
fi
node scripts/summary.mjs "$work/others.json" "${statuses[0]}" "$work/network.json" "${statuses[1]}" || status=1
exit "$status"
