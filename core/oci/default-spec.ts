/** The config.json that `runnc spec` writes: enough to start a unikernel, and nothing that one does not need. */
import type { NamespaceType, Spec } from './types.ts';
import { OCI_VERSION } from './version.ts';

const namespaces: readonly NamespaceType[] = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'];

/**
 * A bundle with the program in its rootfs. No mounts: a unikernel sees no file tree. No capabilities: it makes no
 * system call that would need one. Device rules deny all, and what it was given is open before they apply.
 */
export function defaultSpec(program = 'hello.spt'): Spec {
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: [`/${program}`],
      env: ['PATH=/'],
      cwd: '/',
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'runnc',
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      resources: { devices: [{ allow: false, access: 'rwm' }] },
    },
  };
}
