/**
 * `runnc pack`: an image of unikernels as one tar that is both an OCI image layout (image-spec, image-layout.md) and what
 * `docker load` reads (manifest.json). The same programs make the same bytes.
 */
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseSize } from '../../config/load.ts';
import { RunncError } from '../errors.ts';
import { readProgram } from '../launch/program.ts';
import { writeAll } from '../sys/files.ts';
import { sha256 } from '../sys/sha256.ts';
import { type TarFile, tar } from './tar.ts';

export interface PackRequest {
  readonly files: readonly string[];
  readonly tag: string;
  /** `-` is standard output. */
  readonly output: string;
  /** A JSON array. */
  readonly entrypoint: string | undefined;
  readonly memory: string | undefined;
}

/** e_machine to the names of image-spec. */
const architectures: Readonly<Record<number, string>> = { 62: 'amd64', 183: 'arm64' };

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const configType = 'application/vnd.oci.image.config.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Returns what was made, for people. @throws RunncError ERR_ELF, ERR_ARGUMENT */
export function pack({ files, tag, output, entrypoint, memory }: PackRequest): string {
  const programs = files.map(read);
  const machines = [...new Set(programs.flatMap(({ architecture }) => architecture ?? []))];
  if (machines.length === 0) throw new RunncError('ERR_ARGUMENT', 'none of the files is a program');
  const blobs = new Map<string, Buffer>();
  const name = tag.includes(':') ? tag : `${tag}:latest`;
  const images = machines.map((architecture) => {
    const own = programs.filter((file) => file.architecture === undefined || file.architecture === architecture);
    return imageOf({ architecture, files: own, entrypoint: entrypointOf(entrypoint, own), memory }, blobs);
  });
  const index = {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: images.map(({ manifest, architecture }) => ({
      ...manifest,
      platform: { architecture, os: 'linux' },
      annotations: {
        'io.containerd.image.name': fullName(name),
        'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
      },
    })),
  };
  const [first] = images as [(typeof images)[number]];
  const forDocker = [{ Config: first.config, RepoTags: [name], Layers: [first.layer] }];
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const image = tar([
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json(index) },
    { name: 'manifest.json', content: json(forDocker) },
    ...[...blobs].map(([digest, content]): TarFile => ({ name: blobPath(digest), content })),
  ]);
  if (output === '-') writeAll(1, image);
  else writeFileSync(output, image);
  return `${output}: ${name} for ${machines.join(' and ')}, ${image.length} bytes\n`;
}

interface Packed extends TarFile {
  /** Undefined for what is no program: a block image, say. */
  readonly architecture: string | undefined;
  readonly abi: number | undefined;
}

function read(file: string): Packed {
  const fd = openSync(file, 'r');
  try {
    const common = { name: path.basename(file), mode: 0o755, content: readFileSync(fd) };
    if (common.content.readUInt32BE(0) !== 0x7f454c46) return { ...common, mode: 0o644, architecture: undefined, abi: undefined };
    const { elf, solo5 } = readProgram({ path: file, fd, size: fstatSync(fd).size });
    const architecture = architectures[elf.machine];
    if (architecture === undefined)
      throw new RunncError('ERR_ARCHITECTURE', `${file} is for a processor (${elf.machine}) that images have no name for here`);
    return { ...common, architecture, abi: solo5.abi?.target };
  } finally {
    closeSync(fd);
  }
}

interface ImageRequest {
  readonly architecture: string;
  readonly files: readonly Packed[];
  readonly entrypoint: readonly string[];
  readonly memory: string | undefined;
}

function imageOf({ architecture, files, entrypoint, memory }: ImageRequest, blobs: Map<string, Buffer>) {
  const put = (content: Buffer, mediaType: string) => {
    const digest = `sha256:${sha256(content).toString('hex')}`;
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const layer = put(tar(files), layerType);
  if (memory !== undefined) parseSize(memory);
  const labels = {
    'org.runnc.programs': files.map(({ name }) => name).join(' '),
    ...(memory === undefined ? {} : { 'org.runnc.memory': memory }),
  };
  const described = {
    architecture,
    os: 'linux',
    config: { Entrypoint: entrypoint, Labels: labels },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created_by: 'runnc pack' }],
  };
  const config = put(Buffer.from(JSON.stringify(described)), configType);
  const manifest = put(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] })),
    manifestType,
  );
  return { architecture, manifest, config: blobPath(config.digest), layer: blobPath(layer.digest) };
}

function entrypointOf(told: string | undefined, files: readonly Packed[]): readonly string[] {
  if (told === undefined) return [`/${files.find(({ architecture }) => architecture !== undefined)?.name}`];
  let words: unknown;
  try {
    words = JSON.parse(told);
  } catch {
    words = undefined;
  }
  if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')) return words as string[];
  throw new RunncError('ERR_ARGUMENT', `--entrypoint must be a JSON array of strings, not ${told}`);
}

const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** As Docker writes names in full: `docker.io/library/x:latest` (distribution/reference). */
function fullName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) return name;
  return rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`;
}
