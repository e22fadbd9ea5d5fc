/** Images made for urunc run as they are: /urunc.json and `com.urunc.unikernel.*` annotations, of which the latter win. */
import type { Metadata, Plugin } from '../../core/plugin.ts';
import { type Said, saidBy, saidByFile } from './said.ts';
import { words } from './words.ts';

const fileName = 'urunc.json';
/** Far more than anybody writes. */
const largest = 64 * 1024;
/** Where urunc has rumprun mount its disk unless told (urunc pkg/unikontainers/unikernels/rumprun.go). */
const usualMountPoint = '/data';
/** What annotations have to say for urunc to look no further (urunc pkg/unikontainers/config.go, validate). */
const needed = ['unikernelType', 'hypervisor', 'binary'] as const;
/** The command that engines are given for images without one (urunc docs/installation.md). */
const placeholder = 'unikernel';

export default {
  name: 'metadata-urunc',
  api: 1,
  apply({ hooks, readImageFile }) {
    hooks.metadata.tapPromise('metadata-urunc', async (container) => {
      const annotations = saidBy(container.annotations);
      // As urunc: annotations that say everything are all that counts.
      const isComplete = needed.every((key) => annotations[key] !== undefined);
      const text = isComplete ? undefined : await readImageFile(container, fileName, largest);
      const said = { ...(text === undefined ? {} : saidByFile(text)), ...annotations };
      if (Object.keys(said).length === 0) return undefined;
      return metadataOf(said, annotations.unikernelType === undefined ? 'image' : 'annotation', container.args);
    });
  },
} satisfies Plugin;

/** `args` are the container's own. With a `binary` all of them are for the guest, as no word of them names the program. */
export function metadataOf(said: Said, by: 'image' | 'annotation', args: readonly string[]): Metadata {
  const { unikernelType, binary, hypervisor, initrd, block, blkMntPoint, mountRootfs, solo5BlkDev } = said;
  const isRumprun = unikernelType === 'rumprun';
  const own = argumentsOf(said, args);
  // The first word of rumprun's command line is the program's name; other unikernels have none.
  const [argv0, ...rest] = own ?? [];
  const settings = {
    ...(isRumprun ? { mountPoint: blkMntPoint ?? usualMountPoint } : {}),
    ...(block === undefined ? {} : { block, blockDevice: solo5BlkDev ?? (isRumprun ? 'rootfs' : 'storage') }),
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

/**
 * The container's arguments, if there are any (urunc since June 2025); else `cmdline`, which until then was all that counted. Images of
 * that time have no CMD, and as engines want one, urunc's manual had people write `unikernel`: that is no argument where `cmdline` is said.
 */
function argumentsOf({ unikernelType, binary, cmdline }: Said, args: readonly string[]): readonly string[] | undefined {
  const isNone = args.length === 0 || (args.length === 1 && args[0] === placeholder);
  if (cmdline !== undefined && (isNone || binary === undefined)) return wordsFor(unikernelType, cmdline);
  return binary === undefined ? undefined : args;
}

/** rumprun and MirageOS split what urunc hands them, quotes and all; any other Solo5 program gets it as it is. */
const wordsFor = (unikernelType: string | undefined, cmdline: string): readonly string[] =>
  unikernelType === 'rumprun' || unikernelType === 'mirage'
    ? words(cmdline, unikernelType === 'rumprun' ? `"'` : '"')
    : [cmdline];
