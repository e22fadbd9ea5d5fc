/** The virtual machine itself: what a test may rely on. Needs qemu-system-x86_64. */
import { expect, test } from 'vitest';
import { missingForVm, runInVm } from './run-in-vm.ts';

const missing = missingForVm();

test.skipIf(missing)(
  `boots, loads modules, and returns status and output${missing ? ` (needs ${missing})` : ''}`,
  { timeout: 90_000 },
  async () => {
    const script = `
    uname -m
    cat "$0.txt"
    ls -1 /dev/net/tun
    perl -e 'open(my $kvm, "+<", "/dev/kvm") or die; print "API ", ioctl($kvm, 0xae00, 0), "\\n"; ioctl($kvm, 0xae01, 0) > 2 and print "VM\\n"'
    mount | grep -c ' type cgroup '
    grep -ow memory /sys/fs/cgroup/cgroup.controllers
    exit 7`;
    const result = await runInVm({
      files: { '/vm/script.txt': '/etc/hostname', '/usr/bin/perl': '/usr/bin/perl' },
      script,
      modules: ['kvm-amd', 'tun'],
      timeoutSeconds: 60,
    });
    expect(result.output.split('\n')).toEqual(['x86_64', expect.any(String), '/dev/net/tun', 'API 12', 'VM', '0', 'memory', '']);
    expect(result.status).toBe(7);
  },
);

test.skipIf(missing)('a script that comes to no end is told with its output', { timeout: 60_000 }, async () => {
  await expect(runInVm({ files: {}, script: 'echo begun; sleep 1000', timeoutSeconds: 8 })).rejects.toThrow(
    /did not end within 8 s.*begun/s,
  );
});
