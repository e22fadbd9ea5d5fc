/** A command line as it was written for a unikernel that splits it itself. */

/** Splits at blanks, with backslashes and these quotes. */
export function words(text: string, quotes: string): readonly string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote === '' && /[ \t\n]/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (character === '\\' && at + 1 < text.length) word += text[++at];
    else if (character === quote) quote = '';
    else if (quote === '' && quotes.includes(character)) quote = character;
    else word += character;
  }
  return word === undefined ? found : [...found, word];
}
