#!/bin/busybox sh
# First process of the virtual machine: sets up what a Linux system has, runs /vm/script, tells its status, and switches off.
# Messages of the kernel are on the first serial port, the script's output on the device that /vm/output names.

# The kernel's first root cannot be left by pivot_root(2), as runtimes do: put a second mount of it on top, and start again in that.
if [ "$1" != again ]; then
  /bin/busybox mkdir /vm/root
  /bin/busybox mount -o bind / /vm/root
  cd /vm/root || exit 1
  /bin/busybox mount -o move . /
  exec /bin/busybox chroot . /init again
fi
cd /

/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /etc /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd
hostname vm
ip link set lo up
for module in /vm/modules/*.ko; do
  if [ -e "$module" ]; then insmod "$module" || echo "init: cannot load $module"; fi
done
output=$(cat /vm/output)
# Held open: some terminals forget their settings when nobody has them.
exec 3<>"$output"
stty raw -echo <&3
# A session of its own, so that the script can signal its group and have terminals.
setsid /vm/script < /dev/null >&3 2>&3 3>&-
status=$?
printf '\n%s %d\n' "$(cat /vm/end-mark)" "$status" >&3
poweroff -f
