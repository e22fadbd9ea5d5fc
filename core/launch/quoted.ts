/** Text from an image or a bundle as it may appear in a message: quoted, bounded, and free of terminal control. */

const LONGEST = 200;

/** `"text"` with control characters, quotes and backslashes escaped, cut after 200 characters. */
export function quoted(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  // JSON leaves DEL and the C1 controls as they are; 0x9b is CSI to many terminals. \p{Cf}: text direction overrides.
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `0x1f`. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
