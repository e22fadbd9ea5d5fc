/** What urunc's metadata says, key by key (urunc pkg/unikontainers/config.go, annotations.go since 2026). */

const prefix = 'com.urunc.unikernel.';
const keys = [
  'unikernelType',
  'unikernelVersion',
  'binary',
  'cmdline',
  'hypervisor',
  'initrd',
  'block',
  'blkMntPoint',
  'mountRootfs',
  'useDMBlock',
  'solo5NetDev',
  'solo5BlkDev',
] as const;

/** Keys without a value are left out. */
export type Said = Partial<Record<(typeof keys)[number], string>>;

/** Other keys are passed over, as urunc does. */
export function saidBy(values: Readonly<Record<string, unknown>>): Said {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = values[prefix + key];
      return typeof value === 'string' && value !== '' ? [[key, decoded(value)] as const] : [];
    }),
  );
}

/** @throws an error with ERR_METADATA */
export function saidByFile(text: string): Said {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is not valid JSON: ${(cause as Error).message}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw wrong('is not a JSON object');
  return saidBy(document as Record<string, unknown>);
}

/**
 * urunc's tools write base64, into the file and into annotations; people write annotations as they are. What is base64 to the
 * letter and stands for readable text is taken for it; words such as `qemu`, which are base64 too, stand for no text.
 */
export function decoded(value: string): string {
  if (value.startsWith(marked)) return Buffer.from(value.slice(marked.length), 'base64').toString();
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) return value;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: readable text has none but blanks
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? value : text;
  } catch {
    // Not UTF-8, so not what was meant.
    return value;
  }
}

/** How urunc's tools of 2026 mark base64, so that nobody has to guess. */
const marked = 'b64:';

const wrong = (what: string): Error => Object.assign(new Error(`/urunc.json of the image ${what}`), { code: 'ERR_METADATA' });
