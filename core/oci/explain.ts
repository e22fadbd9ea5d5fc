/** From what a generated validator found to what a person reads: where, what was expected, what is there. */
import { nearest } from './nearest.ts';

/** What ajv reports (its `ErrorObject`, without the message). */
export interface Violation {
  /** JSON pointer of the value. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The violated schema, where the validator was compiled with `verbose`. */
  readonly parentSchema?: { readonly title?: string; readonly properties?: Readonly<Record<string, unknown>> };
}

export interface Explanation {
  /** `process.args[0] must be a string, not a number`. */
  readonly message: string;
  readonly hint: string | undefined;
}

/** Explains a violation found in `document`. `name` is what the document itself is called. */
export function explain(violation: Violation, document: unknown, name = 'the document'): Explanation {
  const steps = violation.instancePath.split('/').slice(1).map(unescapePointer);
  const found = steps.reduce(child, document);
  const path = pathOf(steps, document);
  const { keyword, params, parentSchema } = violation;
  const inside = (key: unknown) => pathOf([...steps, String(key)], document);
  if (keyword === 'required') return { message: `${inside(params.missingProperty)} is missing`, hint: undefined };
  if (keyword === 'additionalProperties') {
    const keys = Object.keys(parentSchema?.properties ?? {});
    return {
      message: `${inside(params.additionalProperty)} is unknown`,
      hint:
        suggestion(String(params.additionalProperty), keys, inside) ??
        (keys.length > 0 ? `known here: ${keys.join(', ')}` : undefined),
    };
  }
  const subject = path === '' ? name : path;
  // The document's own title is its name, those within say what is expected.
  const expected = (path === '' ? undefined : parentSchema?.title) ?? expectation(keyword, params);
  const values = keyword === 'enum' ? (params.allowedValues as readonly unknown[]).map(String) : [];
  return {
    message: `${subject} must be ${expected}, not ${describe(found, keyword)}`,
    hint: typeof found === 'string' ? suggestion(found, values) : undefined,
  };
}

/** Says where in a document something is, as one would write it in JavaScript: `linux.sysctl["net.core"]`. */
export function pathOf(steps: readonly string[], document: unknown): string {
  let path = '';
  let value = document;
  for (const step of steps) {
    path += Array.isArray(value) ? `[${step}]` : member(step);
    value = child(value, step);
  }
  return path.startsWith('.') ? path.slice(1) : path;
}

function member(key: string): string {
  return /^[\w$-]+$/.test(key) ? `.${key}` : `[${quote(key)}]`;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function child(value: unknown, step: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
}

function suggestion(wrong: string, valid: readonly string[], show = quote): string | undefined {
  const near = nearest(wrong, valid);
  return near === undefined ? undefined : `did you mean ${show(near)}?`;
}

/** What a keyword of JSON Schema asks for. */
function expectation(keyword: string, params: Readonly<Record<string, unknown>>): string {
  switch (keyword) {
    case 'type':
      return [params.type]
        .flat()
        .map((type) => withArticle(String(type)))
        .join(' or ');
    case 'enum':
      return `one of ${(params.allowedValues as readonly string[]).map(quote).join(', ')}`;
    case 'minimum':
      return `at least ${params.limit}`;
    case 'maximum':
      return `at most ${params.limit}`;
    case 'minLength':
      return 'a string that is not empty';
    case 'minItems':
      return 'an array that is not empty';
    default:
      return `valid (${keyword})`;
  }
}

/** What was found: its kind, or for a value of the right kind the value. */
function describe(found: unknown, keyword: string): string {
  if (found === undefined || found === null) return 'null';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty array' : 'an array';
  if (typeof found === 'object') return 'an object';
  if (typeof found === 'number' && !Number.isInteger(found)) return `the number ${found}`;
  if (keyword === 'type') return withArticle(typeof found);
  return typeof found === 'string' ? quote(found) : String(found);
}

function withArticle(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** In quotes, control characters escaped, and never longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
