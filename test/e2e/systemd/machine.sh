#!/bin/sh
# machine.sh CGROUP: a machine with systemd as its first process, in namespaces and a cgroup CGROUP of its own, on this machine's files.
# It has no services; /run and /dev are its own, /etc is read-only. It ends with its parent, or when its first process is killed.
set -eu
top=/sys/fs/cgroup

case ${2-} in
  '')
    # Its parent stays in the cgroup where it is: systemd's own may have no processes that systemd does not see.
    exec /usr/bin/unshare --pid --fork --kill-child "$0" "$1" first
    ;;
  first)
    for mount in $(awk -v top=$top '$3 ~ /^cgroup2?$/ && index($2, top) == 1 { print $2 }' /proc/mounts); do
      # Version 2: the machine's systemd gets what there is.
      if [ -e "$mount/cgroup.controllers" ]; then
        for controller in $(cat "$mount/cgroup.controllers"); do
          echo "+$controller" > "$mount/cgroup.subtree_control" 2> /dev/null || true
        done
      fi
      mkdir "$mount/$1"
      if [ -e "$mount/tasks" ] && [ -e "$mount/cpuset.cpus" ]; then
        cat "$mount/cpuset.cpus" > "$mount/$1/cpuset.cpus"
        cat "$mount/cpuset.mems" > "$mount/$1/cpuset.mems"
      fi
      echo 0 > "$mount/$1/cgroup.procs"
    done
    exec /usr/bin/unshare --cgroup --mount --ipc --uts --net --mount-proc "$0" "$1" inside
    ;;
esac

mount --make-rprivate /
# Each hierarchy again, from this machine's cgroup on.
known=$(cut -d: -f2 /proc/self/cgroup | tr ',' '\n' | grep . | sort -u)
old=$(awk -v top=$top '$3 == "cgroup" && index($2, top) == 1 { print $2 ":" $4 }' /proc/mounts)
unified=$(awk -v top=$top '$3 == "cgroup2" && index($2, top) == 1 { print $2; exit }' /proc/mounts)
if [ -n "$old" ]; then
  mount -t tmpfs -o mode=755 tmpfs $top
elif [ -n "$unified" ]; then
  # The kernel mounts nothing on itself.
  umount -l "$unified"
fi
for line in $old; do
  options=
  for word in $(echo "${line##*:}" | tr ',' ' '); do
    if echo "$known" | grep -qxF "$word"; then options=$options,$word; fi
  done
  case $options in *name=*) options=,none$options ;; esac
  mkdir -p "${line%%:*}"
  mount -t cgroup -o "${options#,}" cgroup "${line%%:*}"
done
if [ -n "$unified" ]; then
  mkdir -p "$unified"
  mount -t cgroup2 cgroup2 "$unified"
fi

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/machine/dev
for device in null zero full random urandom tty net/tun kvm kmsg; do
  if [ -e /dev/$device ]; then
    mkdir -p "/run/machine/dev/$(dirname $device)"
    : > /run/machine/dev/$device
    mount --bind /dev/$device /run/machine/dev/$device
  fi
done
mount --rbind /run/machine/dev /dev
ln -s /proc/self/fd /dev/fd
mkdir /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx

# What systemd would set for the whole machine: host name, identity, limits of files.
for folder in /etc /proc/sys; do
  mount --bind $folder $folder
  mount -o remount,bind,ro $folder
done
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
if [ -d /lib/systemd/system-generators ]; then mount -t tmpfs -o mode=755 tmpfs /lib/systemd/system-generators; fi
ip link set lo up

mkdir -p /run/systemd/system
printf '[Unit]\nDefaultDependencies=no\n' > /run/systemd/system/machine.target
exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=machine.target --log-target=null --show-status=no < /dev/null
