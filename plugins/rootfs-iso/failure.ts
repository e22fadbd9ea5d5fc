/** Errors about an image. */
export const failure = (message: string, hint?: string) =>
  Object.assign(new Error(message), { code: 'ERR_IMAGE', ...(hint === undefined ? {} : { hint }) });
