/** Reading JSON that people may have written: where it breaks, and null as Go reads it. */

/** Line and column (from 1) at which a text stops being JSON, or undefined if it is JSON. JSON.parse tells no position in Bun. */
export function whereJsonBreaks(text: string): { readonly line: number; readonly column: number } | undefined {
  const at = breakOffset(text);
  if (at === undefined) return undefined;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

const WHITESPACE = /[ \t\n\r]*/y;
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** A stack of open brackets and what may come next; without recursion, since depth is the writer's choice. */
function breakOffset(text: string): number | undefined {
  const open: string[] = [];
  let expected: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' = 'value';
  for (let at = endOf(WHITESPACE, text, 0); ; at = endOf(WHITESPACE, text, at)) {
    const mark = text[at];
    const within = open.at(-1);
    if (expected === 'comma or end' && within === undefined) return mark === undefined ? undefined : at;
    const end = expected.endsWith('end') && mark === (within === '{' ? '}' : ']');
    if (end) {
      open.pop();
      expected = 'comma or end';
    } else if (mark === ',' && expected === 'comma or end') expected = within === '{' ? 'key' : 'value';
    else if (mark === ':' && expected === 'colon') expected = 'value';
    else if ((mark === '{' || mark === '[') && expected.startsWith('value')) {
      open.push(mark);
      expected = mark === '{' ? 'key or end' : 'value or end';
    } else {
      const isKey = expected.startsWith('key');
      const next = isKey || mark === '"' ? endOf(STRING, text, at) : endOf(SCALAR, text, at);
      if (next === at || !(isKey || expected.startsWith('value'))) return at;
      expected = isKey ? 'colon' : 'comma or end';
      at = next;
      continue;
    }
    at++;
  }
}

/** Where a match that begins at an offset ends; the offset itself if there is none. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/**
 * Removes properties that are null: Go, in which the engines and the other runtimes are written, reads null as absent,
 * and marshals pointers that are not set so (`"swappiness": null`).
 */
export function dropNulls(value: unknown): void {
  const todo = [value];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const node = next as Record<string, unknown>;
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (child === null && !Array.isArray(next)) delete node[key];
      else if (typeof child === 'object' && child !== null) todo.push(child);
    }
  }
}

/** A place in a document, as a chain to its root: a list of steps for each place would take the depth squared. */
interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

/** The path to the first string that holds a NUL, or undefined. The kernel's strings end there. */
export function findNul(document: unknown): readonly string[] | undefined {
  const todo: Place[] = [{ value: document, key: '', parent: undefined }];
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const { value, key } = place;
    if (key.includes('\0') || (typeof value === 'string' && value.includes('\0'))) return stepsTo(place);
    if (typeof value !== 'object' || value === null) continue;
    for (const [below, child] of Object.entries(value).reverse()) todo.push({ value: child, key: below, parent: place });
  }
  return undefined;
}

function stepsTo(place: Place): readonly string[] {
  const steps: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) steps.push(at.key);
  return steps.reverse();
}
