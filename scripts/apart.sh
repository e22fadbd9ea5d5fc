#!/bin/bash
# apart.sh FILE COMMAND...: runs a command, as root, where other tests on this machine are not met: /run, /etc, /dev/shm and the cache
# of root images are its own, and end with it. The network is the machine's, for packages; tests make network namespaces for the rest.
# The id of its process group is written to FILE.
set -euo pipefail
if [ -z "${RUNNC_APART:-}" ]; then
  export RUNNC_APART=1
  exec setsid --wait unshare --mount --propagation private "$0" "$@"
fi
echo $$ >"$1"
shift
mount -t tmpfs -o mode=755 none /run
# A copy: beneath a layer of overlayfs nobody else may change anything.
cp --archive /etc /run/etc
mount --bind /run/etc /etc
mount -t tmpfs -o mode=1777 none /dev/shm
mkdir --parents --mode 700 /var/cache/runnc /run/cache
mount --bind /run/cache /var/cache/runnc
exec "$@"
