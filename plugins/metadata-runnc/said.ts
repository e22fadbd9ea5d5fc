/** The words of /runnc.json and of the annotations; docs/runnc.schema.json says the same to editors, and a test compares the two. */

export const fileName = 'runnc.json';
export const prefix = 'org.runnc.';

/** All values as text: a list of options is joined by commas, as it is in an annotation, and programs are `TENDER=PATH,...`. */
export type Said = Partial<Record<(typeof keys)[number], string>>;

/** `mountPoint` is rumprun's, `options` MirageOS's, `initrd` is for plugins that boot kernels. */
export const keys = ['unikernel', 'program', 'tender', 'mountPoint', 'options', 'initrd', 'programs', 'rootfs'] as const;
const paths: readonly string[] = ['mountPoint', 'initrd'];

/** @throws an error with ERR_METADATA that says what is wrong in the file */
export function parseFile(text: string): Said {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is not valid JSON: ${(cause as Error).message}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw wrong('is not a JSON object');
  const said: Said = {};
  for (const [key, value] of Object.entries(document)) {
    if (key === '$schema') continue;
    const known = keys.find((name) => name === key);
    if (!known) throw wrong(`says ${JSON.stringify(key)}, which means nothing`, `known are ${keys.join(', ')}`);
    said[known] = known === 'options' ? optionsOf(value) : known === 'programs' ? listed(value) : textOf(known, value);
  }
  return said;
}

function textOf(key: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw wrong(`has a ${key} that is not a text`);
  if (paths.includes(key) && !value.startsWith('/'))
    throw wrong(`says ${JSON.stringify(value)} for ${key}, which is not an absolute path`);
  return value;
}

function optionsOf(value: unknown): string {
  const isName = (each: unknown) => typeof each === 'string' && /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(each);
  if (!Array.isArray(value) || !value.every(isName)) throw wrong('has options that are not a list of names, such as "ipv4"');
  return value.join(',');
}

const program = /^[A-Za-z0-9-]+=\/[^\0,]*$/;

function listed(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const programs = isObject ? Object.entries(value).map(([tender, path]) => ({ path, text: `${tender}=${path}` })) : [];
  if (programs.length === 0 || !programs.every(({ path, text }) => typeof path === 'string' && program.test(text)))
    throw wrong('has programs that are not paths by the names of tenders, such as {"hvt": "/app.hvt"}');
  return programs.map(({ text }) => text).join(',');
}

/** The programs of an annotation or of the file. @throws an error with ERR_METADATA */
export function programsOf(text: string): readonly { readonly tender: string; readonly path: string }[] {
  return text.split(',').map((one) => {
    if (!program.test(one))
      throw Object.assign(new Error(`${prefix}programs says ${JSON.stringify(one)}, which is no TENDER=PATH`), {
        code: 'ERR_METADATA',
      });
    const [tender = '', ...path] = one.split('=');
    return { tender, path: path.join('=') };
  });
}

const wrong = (what: string, hint?: string): Error =>
  Object.assign(new Error(`/${fileName} of the image ${what}`), {
    code: 'ERR_METADATA',
    ...(hint === undefined ? {} : { hint }),
  });
