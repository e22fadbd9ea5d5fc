/** Which layers a mounted overlay consists of, as /proc/self/mountinfo tells (proc_pid_mountinfo(5); fs/overlayfs/params.c, ovl_show_options). */
import { readFileSync, realpathSync } from 'node:fs';

export interface Overlay {
  /** Absolute path; undefined for an overlay that nobody writes to. */
  readonly upper: string | undefined;
  /** Absolute paths, the topmost first. */
  readonly lowers: readonly string[];
}

/**
 * The overlay whose mount point is `rootfs`; undefined where that is none, where something else is mounted on or below it, or where its
 * layers cannot be named: paths that are relative to a folder of the engine's, and folders that were renamed (redirect_dir).
 */
export function overlayOf(rootfs: string): Overlay | undefined {
  const place = realpathSync(rootfs);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map(readMount)
    .filter(({ point }) => point === place || point.startsWith(`${place}/`));
  const [mount] = mounts;
  if (mount === undefined || mounts.length !== 1 || mount.point !== place || mount.root !== '/' || mount.type !== 'overlay') {
    return undefined;
  }
  const { upper, lowers, redirects } = readOptions(mount.options);
  if (redirects || lowers.length === 0 || ![...lowers, upper ?? '/'].every((path) => path.startsWith('/'))) return undefined;
  return { upper, lowers };
}

/** One line: `36 35 98:0 /root /point rw,noatime shared:1 - overlay source options`. */
function readMount(line: string) {
  const [before = '', after = ''] = line.split(' - ', 2);
  const [, , , root = '', point = ''] = before.split(' ');
  const [type = '', , options = ''] = after.split(' ');
  return { root: unescaped(root), point: unescaped(point), type, options };
}

/** Blanks, backslashes, and in options commas, are octal (fs/seq_file.c, mangle_path; linux/seq_file.h, seq_show_option). */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * As the kernel shows them. In paths a backslash is before what whoever mounted had to mark: commas, and colons in lower folders that were
 * given all at once.
 */
export function readOptions(text: string) {
  const lowers: string[] = [];
  let upper: string | undefined;
  let redirects = redirectsByDefault;
  let elsewhere = false;
  for (const option of text.split(',')) {
    const equals = option.indexOf('=');
    const [name, value] = equals < 0 ? [option, ''] : [option.slice(0, equals), unescaped(option.slice(equals + 1))];
    if (name === 'lowerdir') lowers.push(...atColons(value).map(plain));
    else if (name === 'lowerdir+') lowers.push(value);
    else if (name === 'upperdir') upper = plain(value);
    else if (name === 'redirect_dir') redirects = () => value === 'on';
    // Files whose content is elsewhere: too new to be met with, and not worth to be understood.
    else if (name === 'datadir+' || (name === 'metacopy' && value === 'on')) elsewhere = true;
  }
  return { upper, lowers, redirects: elsewhere || redirects() };
}

const plain = (text: string): string => text.replace(/\\(.)/gs, '$1');

const atColons = (text: string): readonly string[] => text.match(/(?:\\.|[^\\:])+/gs) ?? [];

function redirectsByDefault(): boolean {
  try {
    return readFileSync('/sys/module/overlay/parameters/redirect_dir', 'latin1').startsWith('Y');
  } catch {
    return false;
  }
}
