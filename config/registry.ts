/** The built-in plugins, in their order. They use nothing that a third party's cannot. */
import type { Use } from '../core/lifecycle/runtime/runtime.ts';
import archAarch64 from '../plugins/arch-aarch64/index.ts';
import archX86_64 from '../plugins/arch-x86_64/index.ts';
import blockRaw from '../plugins/block-raw/index.ts';
import delegateOci from '../plugins/delegate-oci/index.ts';
import metadataRunnc from '../plugins/metadata-runnc/index.ts';
import metadataUrunc from '../plugins/metadata-urunc/index.ts';
import networkTap from '../plugins/network-tap/index.ts';
import rootfsExt2 from '../plugins/rootfs-ext2/index.ts';
import rootfsIso from '../plugins/rootfs-iso/index.ts';
import seccomp from '../plugins/seccomp/index.ts';
import tenderExternal from '../plugins/tender-external/index.ts';
import tenderHvt from '../plugins/tender-hvt/index.ts';
import tenderSpt from '../plugins/tender-spt/index.ts';
import unikernelIncludeos from '../plugins/unikernel-includeos/index.ts';
import unikernelMirage from '../plugins/unikernel-mirage/index.ts';
import unikernelRumprun from '../plugins/unikernel-rumprun/index.ts';
import unikernelSolo5 from '../plugins/unikernel-solo5/index.ts';

export const builtIn: readonly Use[] = [
  [archX86_64],
  [archAarch64],
  [blockRaw],
  [delegateOci],
  [metadataRunnc],
  [metadataUrunc],
  [networkTap],
  [rootfsExt2],
  [rootfsIso],
  [seccomp],
  [tenderExternal],
  [tenderSpt],
  [tenderHvt],
  [unikernelIncludeos],
  [unikernelRumprun],
  [unikernelMirage],
  [unikernelSolo5],
];
