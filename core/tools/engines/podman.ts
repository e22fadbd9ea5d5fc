/** The runtime's entry for Podman: a file of its own beside containers.conf (containers.conf(5), "CONFIGURATION FILES"). */

export const podmanFile = (name: string): string => `/etc/containers/containers.conf.d/${name}.conf`;

/** Podman wants a path: options for runnc are given by a wrapper, or by RUNNC_CONFIG. */
export const podmanText = (name: string, path: string): string =>
  `# Written by "runnc install podman". Podman: podman --runtime ${name} run ...\n[engine.runtimes]\n${name} = [${JSON.stringify(path)}]\n`;
