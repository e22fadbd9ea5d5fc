/**
 * What rumprun makes of its command line, written from what its sources do, not from what our builder does: the JSON reader
 * (include/bmk-core/jsmn.h), the keys in their order (config.c), the splitting of `cmdline` (parseargs.c).
 */

export interface Configured {
  hostname?: string;
  env: Map<string, string>;
  nets: Record<string, string>[];
  blocks: Record<string, string>[];
  cwd: string;
  programs: string[][];
  /** Names of the keys in their order. */
  order: string[];
}

type Value = string | Value[] | Entry[];
type Entry = { readonly key: string; readonly value: Value };

/** Runs a command line; throws where rumprun would end. */
export function runRumprun(text: string): Configured {
  if (text.includes('_RUMPRUN_ROOTFSCFG=')) throw new Error('reads its configuration from elsewhere');
  const result: Configured = { env: new Map(), nets: [], blocks: [], cwd: '/', programs: [], order: [] };
  const start = text.indexOf('{');
  if (start < 0) throw new Error('no configuration');
  for (const { key, value } of read(text.slice(start)) as Entry[]) {
    result.order.push(key);
    execute(result, key, value);
  }
  if (result.programs.length === 0) throw new Error('no bins');
  return result;
}

function execute(result: Configured, key: string, value: Value): void {
  const text = () => {
    if (typeof value !== 'string') throw new Error(`unexpected type for ${key}`);
    return value;
  };
  switch (key) {
    case 'hostname':
      result.hostname = text();
      return;
    case 'env': {
      const at = text().indexOf('=');
      if (at < 1) throw new Error('putenv');
      result.env.set(text().slice(0, at), text().slice(at + 1));
      return;
    }
    case 'net':
      result.nets.push(flat(value, ['if', 'cloner', 'type', 'method', 'addr', 'mask', 'gw']));
      return;
    case 'blk':
      result.blocks.push(flat(value, ['source', 'path', 'fstype', 'mountpoint']));
      return;
    case 'cwd':
      result.cwd = text();
      return;
    case 'cmdline':
      result.programs.push(split(text()));
      return;
    case 'rc':
      for (const entry of value as Entry[][]) {
        const [bin, argv] = ['bin', 'argv'].map((name) => entry.find((pair) => pair.key === name)?.value);
        if (typeof bin !== 'string' || !Array.isArray(argv)) throw new Error('missing "bin" for rc entry');
        result.programs.push([bin, ...(argv as string[])]);
      }
      return;
    default:
      throw new Error(`no match for key ${key}`);
  }
}

function flat(value: Value, known: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    (value as Entry[]).map(({ key, value: inner }) => {
      if (typeof inner !== 'string' || !known.includes(key)) throw new Error(`unexpected key ${key}`);
      return [key, inner];
    }),
  );
}

/** Reads JSON without unescaping anything: strings are the characters between their quotes. */
function read(text: string): Value {
  let at = 0;
  const blanks = () => {
    while (/[\t\r\n ]/.test(text[at] ?? '')) at++;
  };
  const expect = (character: string) => {
    blanks();
    if (text[at++] !== character) throw new Error(`json parse failed at ${at - 1}`);
  };
  const sees = (character: string) => {
    blanks();
    return text[at] === character;
  };
  function readString(): string {
    expect('"');
    const start = at;
    for (; text[at] !== '"'; at++) {
      if (at >= text.length) throw new Error('json parse failed: string without end');
      if (text[at] !== '\\') continue;
      at++;
      if (text[at] === 'u') {
        if (!/^[\da-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) throw new Error('json parse failed: \\u');
        at += 4;
      } else if (!'"/\\bfrnt'.includes(text[at] ?? 'x')) throw new Error(`json parse failed: \\${text[at]}`);
    }
    return text.slice(start, at++);
  }
  function list<Item>(end: string, item: () => Item): Item[] {
    at++;
    const items: Item[] = [];
    while (!sees(end)) {
      if (items.length > 0) expect(',');
      items.push(item());
    }
    at++;
    return items;
  }
  function readValue(): Value {
    if (sees('{')) {
      return list('}', () => {
        const key = readString();
        expect(':');
        return { key, value: readValue() };
      });
    }
    return sees('[') ? list(']', readValue) : readString();
  }
  const value = readValue();
  blanks();
  if (at !== text.length) throw new Error('json parse failed: more than one value');
  return value;
}

/** Byte by byte, as parseargs.c: a quote inside of the other kind of quotes takes over. */
function split(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const escaped = character === '\\';
    if (' \n\t'.includes(character) && quote === '') {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (escaped) {
      word += text[++at] ?? '';
    } else if (quote !== '' && character === quote) quote = '';
    else if (character === "'" || character === '"') quote = character;
    else word += character;
  }
  if (word !== undefined) words.push(word);
  return words;
}
