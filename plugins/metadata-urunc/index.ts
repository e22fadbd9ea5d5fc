/** Images made for urunc run as they are: /urunc.json and `com.urunc.unikernel.*` annotations, of which the latter win. */
import type { Metadata, Plugin } from '../../core/plugin.ts';
import { type Said, saidBy, saidByFile } from './said.ts';
import { words } from './words.ts';

const fileName = 'urunc.json';
/** Far more than anybody writes. */
const largest = 64 * 1024;
/** Where urunc has rumprun mount its disk unless told (urunc pkg/unikontainers/unikernels/rumprun.go). */
const usualMountPoint = '/data';

export default {
  name: 'metadata-urunc',
  api: 1,
  apply({ hooks, readImageFile }) {
    hooks.metadata.tapPromise('metadata-urunc', async (container) => {
      const annotations = saidBy(container.annotations);
      const text = await readImageFile(container, fileName, largest);
      const said = { ...(text === undefined ? {} : saidByFile(text)), ...annotations };
      if (Object.keys(said).length === 0) return undefined;
      return metadataOf(said, annotations.unikernelType === undefined ? 'image' : 'annotation', container.args);
    });
  },
} satisfies Plugin;

/** Without a command line urunc joins the container's own arguments; `binary` is the program, so all of them are for the guest. */
export function metadataOf(said: Said, by: 'image' | 'annotation', args: readonly string[]): Metadata {
  const { unikernelType, binary, cmdline, hypervisor, initrd, block, blkMntPoint, mountRootfs } = said;
  const isRumprun = unikernelType === 'rumprun';
  const own = cmdline === undefined ? (binary === undefined ? undefined : args) : wordsFor(unikernelType, cmdline);
  // The first word of rumprun's command line is the program's name; other unikernels have none.
  const [argv0, ...rest] = own ?? [];
  const settings = {
    ...(isRumprun ? { mountPoint: blkMntPoint ?? usualMountPoint } : {}),
    ...(block === undefined ? {} : { block }),
    ...(initrd === undefined ? {} : { initrd: initrd.startsWith('/') ? initrd : `/${initrd}` }),
    ...(mountRootfs === undefined ? {} : { mountRootfs }),
  };
  return {
    ...(unikernelType === undefined ? {} : { unikernel: { name: unikernelType, by } }),
    ...(binary === undefined ? {} : { program: binary.startsWith('/') ? binary : `/${binary}` }),
    ...(hypervisor === undefined ? {} : { tender: hypervisor }),
    ...(own === undefined ? {} : isRumprun ? { ...(argv0 === undefined ? {} : { argv0 }), args: rest } : { args: own }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

/** rumprun and MirageOS split what urunc hands them, quotes and all; any other Solo5 program gets it as it is. */
const wordsFor = (unikernelType: string | undefined, cmdline: string): readonly string[] =>
  unikernelType === 'rumprun' || unikernelType === 'mirage'
    ? words(cmdline, unikernelType === 'rumprun' ? `"'` : '"')
    : [cmdline];
