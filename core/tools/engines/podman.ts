/** The runtime's entry for Podman: a file of its own beside containers.conf (containers.conf(5), "CONFIGURATION FILES"). */

export const podmanFile = (name: string): string => `/etc/containers/containers.conf.d/${name}.conf`;

/** Podman's own list (containers.conf(5), "runtime_supports_json"): ours takes its place. */
const usual = ['crun', 'runc', 'kata', 'runsc', 'krun'];

/**
 * Podman wants a path: options for runnc are given by a wrapper, or by RUNNC_CONFIG. To a runtime that is not on the list of those which write
 * JSON it gives no log, and what such a one warns of is in the output of the container.
 */
export const podmanText = (name: string, path: string): string =>
  [
    `# Written by "runnc install podman". Podman: podman --runtime ${name} run ...`,
    '[engine]',
    `runtime_supports_json = ${JSON.stringify([...usual, name])}`,
    '[engine.runtimes]',
    `${name} = [${JSON.stringify(path)}]`,
    '',
  ].join('\n');
