/** What this plugin has to say when the network is not as it should be. */

/** An error with the code ERR_NETWORK. */
export function problem(message: string, hint?: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_NETWORK', ...(hint === undefined ? {} : { hint }) });
}
