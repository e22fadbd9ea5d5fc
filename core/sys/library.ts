/** C libraries for plugins: loaded once a process, functions declared by their C prototype. */
import type { LibraryHandle } from 'koffi';
import { type ErrorCode, RunncError } from '../errors.ts';
import type { ForeignLibrary } from '../plugin.ts';
import { loadKoffi } from './koffi.ts';

/** What a reader must be told when a library that we ourselves use is missing. */
const known: Readonly<Record<string, { readonly code: ErrorCode; readonly hint: string }>> = {
  'libseccomp.so.2': { code: 'ERR_SECCOMP', hint: 'install libseccomp2 (Debian, Ubuntu) or libseccomp (Fedora, Alpine, Arch)' },
};

const libraries = new Map<string, Promise<ForeignLibrary>>();
/** koffi's type names live as long as the process, and a second declaration of one throws. */
const structs = new Map<string, string>();

/** The library called `soname` (`libseccomp.so.2`), found as the dynamic linker finds it, or at an absolute path. */
export function loadLibrary(soname: string): Promise<ForeignLibrary> {
  let library = libraries.get(soname);
  if (library === undefined) {
    library = open(soname);
    libraries.set(soname, library);
  }
  return library;
}

async function open(soname: string): Promise<ForeignLibrary> {
  // dlopen(3) takes a name with a slash as a path from the working directory, and that is the bundle: somebody else's files.
  if (soname.includes('/') && !soname.startsWith('/'))
    throw new RunncError('ERR_PLUGIN', `${soname} is neither a library's name nor an absolute path`);
  const koffi = await loadKoffi();
  let library: LibraryHandle;
  try {
    library = koffi.load(soname);
  } catch (cause) {
    const { code, hint } = known[soname] ?? { code: 'ERR_PLUGIN', hint: 'install the package that has it' };
    throw new RunncError(code, `${soname} cannot be loaded`, { hint, cause });
  }
  return {
    function(prototype) {
      try {
        return library.func(prototype) as (...args: unknown[]) => unknown;
      } catch (cause) {
        throw new RunncError(known[soname]?.code ?? 'ERR_PLUGIN', `${soname} has no function \`${prototype}\``, {
          hint: 'another version of it may be needed',
          cause,
        });
      }
    },
    struct(name, fields) {
      const text = JSON.stringify(fields);
      const declared = structs.get(name);
      if (declared === undefined) {
        koffi.struct(name, { ...fields });
        structs.set(name, text);
      } else if (declared !== text) {
        throw new RunncError('ERR_PLUGIN', `the struct ${name} is declared twice, with different fields`);
      }
      return name;
    },
  };
}
