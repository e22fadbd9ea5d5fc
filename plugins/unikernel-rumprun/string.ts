/**
 * Strings of rumprun's JSON. Its reader (jsmn) finds where they end and leaves everything else to nobody: what stands between
 * the quotes arrives as it is. So `"` and `\` have no way in, and all else, line breaks and UTF-8 included, goes as it is.
 */

export function string(value: string, what: string): string {
  const bad = /["\\]/.exec(value);
  if (bad) throw refusal(`${what} ${JSON.stringify(value)}: a ${bad[0] === '"' ? 'double quote' : 'backslash'} has no way in`);
  return `"${value}"`;
}

export function refusal(what: string): Error {
  return Object.assign(new Error(`rumprun cannot be given ${what}`), { code: 'ERR_COMMAND_LINE' });
}
