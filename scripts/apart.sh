#!/bin/bash
# apart.sh FILE COMMAND...: runs a command, as root, where tests of another run are not met: /run, /etc, /dev/shm and the cache of root images are its own. All of
# that ends with it. The id of its process group is written to FILE. Its network is that of the machine, for packages; tests make network namespaces for what they do there.
set -euo pipefail
if [ -z "${RUNNC_APART:-}" ]; then
  export RUNNC_APART=1
  exec setsid --wait unshare --mount --propagation private "$0" "$@"
fi
echo $$ >"$1"
shift
mount -t tmpfs -o mode=755 none /run
# A copy, not a layer above: below that one nobody else may change anything.
cp --archive /etc /run/etc
mount --bind /run/etc /etc
mount -t tmpfs -o mode=1777 none /dev/shm
mkdir -p /var/cache/runnc /run/cache
mount --bind /run/cache /var/cache/runnc
exec "$@"
