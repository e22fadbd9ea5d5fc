#!/bin/bash
# apart.sh FILE COMMAND...: runs a command, as root, where other tests on this machine are not met: /run, /etc, /dev/shm and
# what runnc keeps in /var are its own, and end with it. The network is the machine's, for packages; tests make network namespaces for
# the rest. The id of its process group is written to FILE.
set -euo pipefail
if [ -z "${RUNNC_APART:-}" ]; then
  export RUNNC_APART=1
  exec setsid --wait unshare --mount --propagation private "$0" "$@"
fi
echo $$ >"$1"
shift
unset RUNNC_APART
mount -t tmpfs -o mode=755 none /run
# A copy: beneath a layer of overlayfs nobody else may change anything.
cp --archive /etc /run/etc
mount --bind /run/etc /etc
mount -t tmpfs -o mode=1777 none /dev/shm
for folder in cache lib; do
  mkdir --mode 700 "/run/$folder"
  mount --bind "/run/$folder" "/var/$folder/runnc"
done
exec "$@"
