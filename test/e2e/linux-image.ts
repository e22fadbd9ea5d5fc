/** An image with Debian's kernel and an initial root file system that does what its command line says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { kernelPackage, unpackedPackage } from '../vm/debian-package.ts';
import { initramfs } from '../vm/initramfs.ts';
import { kernelModules } from '../vm/kernel-modules.ts';
import type { Image } from './engine/docker.ts';

/** `do=WORD` on the command line chooses what is done; `ip=` is read as Linux would if it had been built to. */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
for module in /vm/modules/*.ko; do insmod $module; done
word() { tr ' ' '\\n' < /proc/cmdline | sed -n "s/^$1=//p"; }
echo "$(uname -s) says: $(cat /proc/cmdline)"
echo "memory: $(awk '/MemTotal/ { print $2 * 1024 }' /proc/meminfo)"
address=$(word ip | cut -d: -f1)
if [ -n "$address" ]; then
  ip link set lo up; ip link set eth0 up
  ip address add "$address/$(ipcalc -p 0.0.0.0 $(word ip | cut -d: -f4) | cut -d= -f2)" dev eth0
  ip route add default via $(word ip | cut -d: -f3)
  echo "address: $(ip -4 -o address show dev eth0 | awk '{ print $4 }') $(cat /sys/class/net/eth0/address)"
fi
case $(word do) in
  wait) echo waiting; while :; do sleep 1000; done ;;
  gateway) ping -c 1 -W 10 $(word ip | cut -d: -f3) ;;
  disk) cat /sys/block/vda/serial; echo; head -c 16 /dev/vda; echo; printf 'written by Linux' | dd of=/dev/vda bs=512 seek=1 conv=sync,fsync 2>/dev/null ;;
  echo) echo listening; read -r line < /dev/console; echo "read: $line" ;;
  end) /vm/end-with $(word status) ;;
  panic) echo c > /proc/sysrq-trigger ;;
esac
poweroff -f
`;

/** What a kernel of Debian's has as modules, of what qemu gives it. */
const modules = ['virtio_pci', 'virtio_mmio', 'virtio_blk', 'virtio_net', 'pvpanic_mmio'];

/** @throws Error when the packages are neither here nor to be had */
export async function linuxImage(): Promise<Image> {
  const work = mkdtempSync(path.join(tmpdir(), 'runnc-linux-'));
  try {
    const [kernel, busybox] = await Promise.all([kernelPackage().then(unpackedPackage), unpackedPackage('busybox-static')]);
    const [release = ''] = readdirSync(path.join(kernel, 'lib/modules'));
    const endWith = path.join(work, 'end-with');
    const source = path.join(import.meta.dirname, '../vm/end-with.c');
    await execa('gcc', [
      '-Os',
      '-Wall',
      '-Werror',
      '-static',
      '-nostdlib',
      '-ffreestanding',
      '-fno-stack-protector',
      '-o',
      endWith,
      source,
    ]);
    const archive = await initramfs(
      { '/bin/busybox': path.join(busybox, 'bin/busybox'), '/vm/end-with': endWith },
      { '/init': init, '/proc/.keep': '', '/sys/.keep': '', '/dev/.keep': '' },
      await kernelModules(path.join(kernel, 'lib/modules', release), modules),
    );
    return {
      files: {
        '/vmlinuz': readFileSync(path.join(kernel, 'boot', `vmlinuz-${release}`)),
        '/initrd.img': archive,
        '/disk.img': Buffer.alloc(4096, 'from the image. '),
      },
      entrypoint: ['/vmlinuz', 'quiet'],
      env: { RUNNC_INITRD: '/initrd.img' },
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}
