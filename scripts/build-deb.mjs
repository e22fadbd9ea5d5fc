/**
 * Makes a Debian package of what `npm run build` made: `npm run build:deb` writes dist/runnc_VERSION_ARCHITECTURE.deb, and with
 * `-- --target arm64` the one for another processor. Needs dpkg-deb.
 * Removing the package takes runnc out of the engines' configuration again; purging it removes its cache, too.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const architectures = { x64: 'amd64', arm64: 'arm64' };

const scripts = {
  // Before the files go, while there is a runnc that can do it. An entry that cannot be taken out must not keep the package.
  prerm: `#!/bin/sh
set -e
if [ "$1" = remove ]; then
  for engine in docker containerd podman; do
    /usr/bin/runnc uninstall "$engine" >/dev/null || true
  done
fi
`,
  postrm: `#!/bin/sh
set -e
if [ "$1" = purge ]; then
  rm -rf /var/cache/runnc
fi
`,
};

/** Returns the package's path. What is not the processor's (manual page, completions) says this machine's own executable. */
export function buildDeb(outdir = path.join(root, 'dist'), processor = process.arch) {
  const { version, description } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const executable = path.join(root, 'dist/runnc');
  const packed = processor === process.arch ? executable : `${executable}-${processor}`;
  const tree = mkdtempSync(path.join(tmpdir(), 'runnc-deb-'));
  const put = (file, content, mode = 0o644) => {
    const target = path.join(tree, file);
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, content);
    chmodSync(target, mode);
  };
  const said = (...args) => execFileSync(executable, args);
  try {
    chmodSync(tree, 0o755);
    mkdirSync(path.join(tree, 'usr/bin'), { recursive: true, mode: 0o755 });
    copyFileSync(packed, path.join(tree, 'usr/bin/runnc'));
    chmodSync(path.join(tree, 'usr/bin/runnc'), 0o755);
    mkdirSync(path.join(tree, 'usr/lib/runnc/plugins'), { recursive: true, mode: 0o755 });
    put('usr/share/man/man8/runnc.8.gz', gzipSync(said('man'), { level: 9 }));
    put('usr/share/bash-completion/completions/runnc', said('completion', 'bash'));
    put('usr/share/zsh/vendor-completions/_runnc', said('completion', 'zsh'));
    put('usr/share/fish/vendor_completions.d/runnc.fish', said('completion', 'fish'));
    put('usr/share/runnc/runnc.config.schema.json', said('config', 'schema'));
    put('usr/share/doc/runnc/copyright', readFileSync(path.join(root, 'LICENSE')));
    put('usr/share/doc/runnc/changelog.gz', gzipSync(readFileSync(path.join(root, 'CHANGELOG.md')), { level: 9 }));
    const architecture = architectures[processor];
    put('DEBIAN/control', control({ version, description, architecture }));
    for (const [name, text] of Object.entries(scripts)) put(`DEBIAN/${name}`, text, 0o755);
    const target = path.join(outdir, `runnc_${version}_${architecture}.deb`);
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z6', tree, target], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return target;
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** deb-control(5). */
const control = ({ version, description, architecture }) => `Package: runnc
Version: ${version}
Architecture: ${architecture}
Maintainer: The runnc authors <runnc@example.org>
Section: admin
Priority: optional
Depends: libc6, libstdc++6, libseccomp2
Recommends: iproute2, nftables
Suggests: docker.io, containerd, podman
Description: ${description}
 Called by Docker, containerd and Podman in place of runc. A container is a
 Solo5 unikernel: one process with a handful of system calls, or a virtual
 machine. "runnc install docker" registers it, "runnc doctor" tells what is
 missing.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { target = process.arch } = parseArgs({ options: { target: { type: 'string' } } }).values;
  if (target !== process.arch) await build({ target, ifStale: true });
  console.log(path.relative(root, buildDeb(undefined, target)));
}
