/**
 * Builds the test guests: each NAME.c here becomes build/guests/NAME.spt and NAME.hvt, and some also NAME.legacy and NAME.ukvm,
 * which are spt and hvt of 2018; `linux` beside them is an ordinary
 * static program. Plain JavaScript, so that Node 20 runs it as a script too; the types are in build.d.mts.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { architectureOf, compilerFor } from '../../scripts/compilers.mjs';

const sources = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../../build', import.meta.url));
const tenders = ['spt', 'hvt'];
/** What guests of a tender are to its host, with what they have in common for that. */
const guestAs = { spt: 'process.o', legacy: 'process.o', hvt: 'machine.o', ukvm: 'machine.o' };
/** Built for the ABIs of 2018 too, as NAME.legacy (spt) and NAME.ukvm (hvt): those that need no manifest. */
const legacyToo = ['clock', 'exit-code', 'forbidden', 'hello', 'includeos-args', 'rumprun-args', 'sleep'];

const architectures = {
  x86_64: { flags: ['-mcmodel=small', '-fcf-protection=none'], legacy: true },
  // Nobody made images of 2018 for it.
  aarch64: { flags: ['-mcmodel=small', '-mbranch-protection=none', '-mno-outline-atomics'], legacy: false },
};

// The others must not touch the vector unit: a KVM that is emulated instruction by instruction may not have it.
const usesVectors = (file) => file === 'fpu.c';

const compilerFlags = [
  ...['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-pie', '-fno-stack-protector'],
  // Crashing on purpose is what some guests do, and memcpy must not be made into a call of itself.
  ...['-fno-asynchronous-unwind-tables', '-fno-delete-null-pointer-checks', '-fno-tree-loop-distribute-patterns'],
];
// Not stripped: what follows the data segment in the file must not be zero, or a loader that maps it passes unnoticed.
const linkerFlags = ['-static', '-no-pie', '-nostdlib', '-Wl,--build-id=none', '-Wl,-z,max-page-size=0x1000'];

/**
 * Builds what is missing or out of date, for this machine or another processor by Node's name for it, and answers the folder.
 * Any number of processes may call it at once.
 */
export async function buildGuests(processor = process.arch) {
  const folder = architectureOf(processor);
  const architecture = { ...architectures[folder], folder, compiler: compilerFor(folder) };
  const output = join(built, processor === process.arch ? 'guests' : `guests-${processor}`);
  const files = (await readdir(sources)).filter((file) => file.endsWith('.c')).sort();
  const stamp = await fingerprint(architecture);
  if ((await stampIn(output)) === stamp) return output;

  await mkdir(output, { recursive: true });
  const unlock = await lock(join(output, '.lock'));
  try {
    if ((await stampIn(output)) === stamp) return output;
    await build(architecture, files, output);
    await writeFile(join(output, '.stamp'), stamp);
  } finally {
    await unlock();
  }
  return output;
}

/** The stamp of what is built, or undefined. Written last, so a build that was cut short has none or an old one. */
async function stampIn(output) {
  return await readFile(join(output, '.stamp'), 'utf8').catch(() => undefined);
}

/** Contents, not times: a checkout gives files any time it likes. */
async function fingerprint(architecture) {
  const hash = createHash('sha256').update(JSON.stringify(architecture));
  const runtime = join(sources, 'runtime');
  const folders = [
    sources,
    runtime,
    join(runtime, architecture.folder),
    join(sources, 'net'),
    join(sources, 'ext2'),
    join(sources, 'legacy'),
  ];
  for (const folder of folders) {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!/\.(c|h|S|ld|mjs)$/.test(entry.name)) continue;
      hash.update(`\0${entry.name}\0`).update(await readFile(join(folder, entry.name)));
    }
  }
  return hash.digest('hex');
}

/** Compiles everything into a temporary folder and renames it file by file: nobody sees half a guest. */
async function build({ compiler, folder, flags, legacy }, files, output) {
  const runtime = join(sources, 'runtime');
  const own = join(runtime, folder);
  const temporary = await mkdtemp(join(output, '.build-'));
  const gcc = (...args) => run(compiler, args, temporary);
  const compile = [...compilerFlags, ...flags, `-I${runtime}`, `-I${own}`, '-c'];
  try {
    const shared = (await readdir(runtime)).filter((file) => file.endsWith('.c')).map((file) => join(runtime, file));
    const plain = files.filter((file) => !usesVectors(file)).map((file) => join(sources, file));
    await gcc(...compile, '-mgeneral-regs-only', ...shared, ...plain);
    await gcc(...compile, ...files.filter(usesVectors).map((file) => join(sources, file)));
    await gcc(...compile, join(own, 'start.S'), join(own, 'linux.S'), join(own, 'pause.S'));

    // Libraries, of which a guest gets only what it calls.
    const library = async (name, ...more) => {
      const sourcesOf = (await readdir(join(sources, name))).filter((file) => file.endsWith('.c')).sort();
      await gcc(...compile, ...more, '-mgeneral-regs-only', ...sourcesOf.map((file) => join(sources, name, file)));
      const objects = sourcesOf.map((file) => file.replace(/c$/, 'o'));
      await run(compiler.replace(/gcc$/, 'ar'), ['rcs', `lib${name}.a`, ...objects], temporary);
    };
    await library('net', '-O2');
    await library('ext2');

    await gcc(...linkerFlags, '-o', 'linux', 'linux.o');
    await gcc(...linkerFlags, '-o', 'pause', 'pause.o');
    const programs = ['linux', 'pause'];
    for (const tender of tenders) {
      for (const name of files.map(nameOf)) {
        const program = `${name}.${tender}`;
        const objects = ['start.o', `crt-${tender}.o`, guestAs[tender], 'text.o', `${name}.o`];
        await gcc(...linkerFlags, `-Wl,-T,${join(runtime, 'guest.ld')}`, '-o', program, ...objects, 'libnet.a', 'libext2.a');
        programs.push(program);
      }
    }
    if (legacy) programs.push(...(await buildLegacy({ gcc, compile })));
    for (const program of programs) await rename(join(temporary, program), join(output, program));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Guests for the ABIs of 2018; answers their names. */
async function buildLegacy({ gcc, compile }) {
  const folder = join(sources, 'legacy');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.c')).sort();
  await gcc(...compile, `-I${folder}`, '-mgeneral-regs-only', ...files.map((file) => join(folder, file)));
  const script = `-Wl,-T,${join(folder, 'legacy.ld')},--no-warn-rwx-segments`;
  const programs = [];
  for (const [tender, names] of [
    ['legacy', [...legacyToo, 'legacy-devices']],
    ['ukvm', [...legacyToo, 'ukvm-devices']],
  ]) {
    for (const name of names) {
      const program = `${name}.${tender}`;
      await gcc(...linkerFlags, script, '-o', program, 'start.o', `crt-${tender}.o`, guestAs[tender], 'text.o', `${name}.o`);
      programs.push(program);
    }
  }
  return programs;
}

function nameOf(file) {
  return file.slice(0, -'.c'.length);
}

async function run(compiler, args, cwd) {
  const { failed, code, all, exitCode } = await execa(compiler, args, { cwd, reject: false, all: true });
  if (code === 'ENOENT') throw new Error(`building the test guests needs ${compiler}, which is not installed`);
  if (failed) throw new Error(`building the test guests: ${compiler} ended with ${exitCode}\n${all}\n${args.join(' ')}`);
}

/** One builder at a time. A lock whose owner has died is taken away; at worst two then build the same files. */
async function lock(path) {
  // Linked into place, so that a lock never exists without its owner's number in it.
  const own = `${path}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    for (;;) {
      try {
        await link(own, path);
        return () => rm(path, { force: true });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = await readFile(path, 'utf8').catch(() => undefined);
      if (owner !== undefined && !isAlive(Number(owner))) await rm(path, { force: true });
      await delay(50);
    }
  } finally {
    await rm(own, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(await buildGuests(process.argv[2]));
}
