/** IncludeOS: C++ services with their operating system linked in. Builds of 2017 to 2019 for Solo5's hvt, and multiboot kernels. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Container, DeclaredDevice, Host, Launch, Plugin, Program } from '../../core/plugin.ts';
import { checkSolo5Length, includeOsCommandLine } from './command-line.ts';
import { type BuiltIn, builtInOf, mismatch } from './configuration.ts';
import { isIncludeOs } from './recognise.ts';

/** Devices have no names in either; the tender's own are used for multiboot kernels. */
const solo5Devices: readonly DeclaredDevice[] = [
  { name: 'storage', kind: 'block', handle: 0, optional: true },
  { name: 'service', kind: 'net', handle: 0, optional: true },
];
const multibootDevices: readonly DeclaredDevice[] = [
  { name: 'net0', kind: 'net', handle: 0, optional: true },
  { name: 'disk', kind: 'block', handle: 0, optional: true },
];

export default {
  name: 'unikernel-includeos',
  api: 1,
  apply(host) {
    const { hooks, abiOf, log } = host;
    hooks.unikernel.tap('unikernel-includeos', (program, { args, metadata: { unikernel, tender, settings } }) => {
      if ((unikernel && unikernel.name !== 'includeos') || program.solo5.abi) return undefined;
      const isKernel = program.elf.machine === 0;
      const abi = isKernel ? 'multiboot' : abiOf(program, tender ?? (unikernel && 'hvt'));
      // It never was built for spt: what else has no notes is spared the search.
      if (!unikernel && (abi === 'legacy-spt' || program.elf.interpreter !== undefined || !isIncludeOs(program)))
        return undefined;
      if (!abi) throw needsLoader(program);
      const because = unikernel ? {} : { because: 'it prints what every IncludeOS program prints first' };
      if (isKernel) {
        const modules = settings?.['initrd'] === undefined ? {} : { modules: [settings['initrd']] };
        const commandLine = includeOsCommandLine(args.slice(1));
        return { name: 'includeos', ...because, abi, devices: multibootDevices, commandLine, ...modules };
      }
      const commandLine = includeOsCommandLine(args.slice(1), args[0] ?? program.path);
      checkSolo5Length(commandLine);
      return { name: 'includeos', ...because, abi, devices: solo5Devices, commandLine };
    });
    hooks.launch.tap('unikernel-includeos', (launch, container) => {
      const [device] = launch.network.devices;
      if (launch.unikernel.name !== 'includeos' || !device) return launch;
      const builtIn = ofLaunch(host, launch, container);
      const problem = builtIn && mismatch(builtIn, device);
      if (problem?.fatal) throw Object.assign(new Error(problem.message), { code: 'ERR_NETWORK', hint: problem.hint });
      if (problem) log.warn(`${problem.message}; ${problem.hint}`);
      return launch;
    });
  },
} satisfies Plugin;

/** Of the program, or of the one that it loads. */
function ofLaunch({ insideRootfs }: Host, { program, unikernel }: Launch, { rootfs }: Container): BuiltIn | undefined {
  const [module] = unikernel.modules ?? [];
  if (module === undefined) return builtInOf(program);
  const fd = openSync(insideRootfs(rootfs, module).path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return builtInOf({ fd, size: fstatSync(fd).size });
  } finally {
    closeSync(fd);
  }
}

/** QEMU takes multiboot kernels of 32 bits only. */
const needsLoader = ({ path }: Program): Error =>
  Object.assign(
    new Error(`${path} is an IncludeOS program of 64 bits, which nothing starts but IncludeOS' own loader of 32 bits`),
    {
      code: 'ERR_NOT_A_UNIKERNEL',
      hint: `put the loader into the image: {"program": "/chainloader", "initrd": ${JSON.stringify(path)}} in /runnc.json`,
    },
  );
