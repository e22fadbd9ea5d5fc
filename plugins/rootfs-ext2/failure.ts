/** Errors about an image. */
export const failure = (message: string, hint?: string) =>
  Object.assign(new Error(message), { code: 'ERR_IMAGE', ...(hint === undefined ? {} : { hint }) });

/** A name out of a hostile tree, for a sentence. */
export const named = (path: string): string => JSON.stringify(Buffer.from(path, 'latin1').toString());
