/** What holds where runnc.config says nothing. config/schema.json repeats it for editors; a test compares the two. */
import type { Config } from './config.ts';

export const defaults: Config = {
  memory: 512 * 1024 * 1024,
  hugePages: false,
  cacheDirectory: '/var/cache/runnc',
  cacheSize: 10 * 1024 * 1024 * 1024,
  dataDirectory: '/var/lib/runnc',
  plugins: [],
  tender: { preferred: undefined, allowed: undefined },
  unikernel: undefined,
  rootfs: undefined,
  network: undefined,
  options: {},
  images: [],
  allowAnnotations: [],
  hookTimeLimit: 30_000,
  debug: false,
};
