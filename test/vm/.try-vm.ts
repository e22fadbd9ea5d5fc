import { runInVm } from '/work/arm/test/vm/run-in-vm.ts';
import { sharedLibraries } from '/work/arm/test/vm/shared-libraries.ts';
const libraries = await sharedLibraries('arm64', ['libc6', 'libstdc++6', 'libgcc-s1', 'libseccomp2']);
const t = Date.now();
const r = await runInVm({ architecture: 'arm64', files: { ...libraries, '/usr/bin/runnc': '/work/arm/dist/runnc-arm64', '/vm/guests': '/work/arm/build/guests-arm64' },
 script: process.argv[2] ?? 'uname -a; ls -l /dev/kvm; time runnc --version; time runnc doctor', timeoutSeconds: 120, modules: ['tun'], memoryMiB: 1024, onOutput: (p) => process.stdout.write(p) });
console.log(r.status, Date.now() - t, 'ms');
