/**
 * An error about the container or the machine, which runnc shows as it is; any other one it calls a fault of the plugin.
 *
 * @param {string} code
 * @param {string} message
 * @param {string} [hint]
 */
export const failure = (code, message, hint) => Object.assign(new Error(message), hint === undefined ? { code } : { code, hint });
