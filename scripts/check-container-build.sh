#!/bin/bash
# Whether the Dockerfile makes the same executable as `npm run build` does here, byte for byte. Not among the tests: it takes ten minutes, and
# needs debootstrap, root, and the registries of Debian and npm. Its base image is made here (Debian's own packages, and this machine's Node
# in place of that of node:20-bookworm), so that no registry of images is needed; Docker is one of its own. What is compared is what is
# committed.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d /var/tmp/runnc-container-build-XXXXXX)
run=$(mktemp -d /run/runnc-container-build-XXXXXX)
services=()
finish() {
  if [ ${#services[@]} -gt 0 ]; then kill "${services[@]}" 2>/dev/null || true; wait "${services[@]}" 2>/dev/null || true; fi
  grep -oE " ($run|$work)[^ ]*" /proc/mounts | sort -r | xargs -r umount -l
  rm -rf "$work" "$run"
}
trap finish EXIT

debootstrap --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$work/base" >"$work/debootstrap.log"
install -D "$(readlink -f "$(command -v node)")" "$work/base/usr/local/bin/node"
npm_folder=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
mkdir -p "$work/base/usr/local/lib/node_modules"
cp -a "$npm_folder" "$work/base/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
# A network with certificates or name servers of its own.
cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/ca-certificates.crt"
cp -L /etc/resolv.conf "$work/base/etc/resolv.conf"

containerd --address "$run/containerd.sock" --root "$work/containerd" --state "$run/containerd" >"$work/containerd.log" 2>&1 &
services+=($!)
dockerd --containerd "$run/containerd.sock" --iptables=false --ip6tables=false --bridge=none --data-root "$work/docker" \
  --exec-root "$run/docker" --host "unix://$run/docker.sock" --pidfile "$run/docker.pid" >"$work/dockerd.log" 2>&1 &
services+=($!)
export DOCKER_HOST=unix://$run/docker.sock DOCKER_BUILDKIT=0
for _ in $(seq 60); do docker version >/dev/null 2>&1 && break; sleep 1; done

tar -C "$work/base" -c . | docker import --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - node:20-bookworm
mkdir "$work/source"
git archive HEAD | tar -x -C "$work/source"
docker build --network host --target executable --tag runnc-executable "$work/source"
docker create --name runnc-executable runnc-executable /runnc >/dev/null
docker cp runnc-executable:/runnc "$work/from-container"

cp -a node_modules "$work/source/"
(cd "$work/source" && npm run --silent build >/dev/null)
sha256sum "$work/from-container" "$work/source/dist/runnc"
cmp "$work/from-container" "$work/source/dist/runnc"
echo 'the same, byte for byte'
