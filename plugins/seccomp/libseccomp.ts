/** libseccomp through the host's foreign functions: from a filter plan to a classic BPF program. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { Architecture, ForeignLibrary, Host } from '../../core/plugin.ts';
import type { CallRule, FilterPlan } from './filter-plan.ts';
import { joined } from './joined-programs.ts';
import { layersOf } from './layers.ts';
import { refusal } from './refusal.ts';
import { actions, attributes, UNKNOWN_CALL } from './seccomp-h.ts';

/** Some way above the 32 KiB that a filter may have: no more than this is read. */
const LARGEST_EXPORT = 1024 * 1024;
/** Above this a binary search over the call numbers beats the chain of comparisons; runc's threshold. */
const MANY_RULES = 32;
const BINARY_TREE = 2; // SCMP_FLTATR_CTL_OPTIMIZE
const MFD_CLOEXEC = 1; // linux/memfd.h

type Context = unknown;
type Bindings = ReturnType<typeof bind>;

function bind(libseccomp: ForeignLibrary, libc: ForeignLibrary) {
  const test = libseccomp.struct('scmp_arg_cmp', { arg: 'unsigned int', op: 'int', datum_a: 'uint64_t', datum_b: 'uint64_t' });
  const declare = <Call extends (...args: never[]) => unknown>(prototype: string) =>
    libseccomp.function(prototype) as unknown as Call;
  return {
    init: declare<(action: number) => Context | null>('void *seccomp_init(uint32_t def_action)'),
    release: declare<(context: Context) => void>('void seccomp_release(void *ctx)'),
    set: declare<(context: Context, attribute: number, value: number) => number>(
      'int seccomp_attr_set(void *ctx, int attr, uint32_t value)',
    ),
    native: declare<() => number>('uint32_t seccomp_arch_native(void)'),
    addArchitecture: declare<(context: Context, token: number) => number>('int seccomp_arch_add(void *ctx, uint32_t arch_token)'),
    removeArchitecture: declare<(context: Context, token: number) => number>(
      'int seccomp_arch_remove(void *ctx, uint32_t arch_token)',
    ),
    resolve: declare<(name: string) => number>('int seccomp_syscall_resolve_name(const char *name)'),
    resolveFor: declare<(token: number, name: string) => number>(
      'int seccomp_syscall_resolve_name_arch(uint32_t arch_token, const char *name)',
    ),
    addRule: declare<(context: Context, action: number, call: number, count: number, tests: readonly object[] | null) => number>(
      `int seccomp_rule_add_array(void *ctx, uint32_t action, int syscall, unsigned int arg_cnt, const ${test} *arg_array)`,
    ),
    export: declare<(context: Context, fd: number) => number>('int seccomp_export_bpf(void *ctx, int fd)'),
    memfd: libc.function('int memfd_create(const char *name, unsigned int flags)') as (name: string, flags: number) => number,
  };
}

/** Compiles the plan. Calls in any other convention than the architecture's own (i386, x32) end the process. */
export async function compile(host: Pick<Host, 'library'>, plan: FilterPlan, architecture: Architecture): Promise<Uint8Array> {
  const seccomp = bind(await host.library('libseccomp.so.2'), await host.library('libc.so.6'));
  const programs = layersOf(plan.rules).map((rules) => compileLayer(seccomp, plan.defaultAction, rules, architecture));
  return joined(programs, plan.defaultAction);
}

function compileLayer(
  seccomp: Bindings,
  defaultAction: number,
  rules: readonly CallRule[],
  architecture: Architecture,
): Uint8Array {
  const context = seccomp.init(defaultAction);
  if (context === null) throw refusal('libseccomp refuses the default action', 'the kernel may be older than 4.14');
  try {
    check(
      'the action for foreign calls',
      seccomp.set(context, attributes.SCMP_FLTATR_ACT_BADARCH, actions.SCMP_ACT_KILL_PROCESS),
    );
    chooseArchitecture(seccomp, context, architecture);
    let added = 0;
    for (const rule of rules) if (addRule(seccomp, context, rule, architecture)) added++;
    // Only rules that are there count: a tree of none loses the default action (seccomp/libseccomp#370). The result is not
    // checked: libseccomp before 2.5 has no such attribute, and its filters are only a little slower.
    if (added > MANY_RULES) seccomp.set(context, attributes.SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
    return exported(seccomp, context);
  } finally {
    seccomp.release(context);
  }
}

/** A new context is for the processor it was made on, which is the right one except in tests and cross checks. */
function chooseArchitecture(seccomp: Bindings, context: Context, { auditArch, name }: Architecture): void {
  const native = seccomp.native();
  if (native === auditArch) return;
  check(`the architecture ${name}`, seccomp.addArchitecture(context, auditArch));
  check(`the architecture ${name}`, seccomp.removeArchitecture(context, native));
}

/** Whether the rule was added; one for a call that does not exist here is passed over, unless it is required. */
function addRule(
  seccomp: Bindings,
  context: Context,
  { call, action, tests, required }: CallRule,
  architecture: Architecture,
): boolean {
  const number = numberOf(seccomp, call, architecture);
  if (number === undefined) {
    if (!required) return false; // as runc: profiles name calls of newer kernels and of other processors
    throw refusal(`${architecture.name} has no system call ${call}`, 'a newer libseccomp may know it');
  }
  const array = tests.length === 0 ? null : tests.map(({ arg, op, a, b }) => ({ arg, op, datum_a: a, datum_b: b }));
  check(`the rule for ${call}`, seccomp.addRule(context, action, number, tests.length, array));
  return true;
}

/** The number that libseccomp wants: always that of the machine it runs on; it translates to the filter's own. */
function numberOf(seccomp: Bindings, call: string, { auditArch, numbers }: Architecture): number | undefined {
  const isNative = seccomp.native() === auditArch;
  const number = seccomp.resolveFor(auditArch, call);
  // Our own table may be newer than the library's. Below -1 are calls that only other processors have.
  if (number === UNKNOWN_CALL) return isNative && Object.hasOwn(numbers, call) ? numbers[call] : undefined;
  if (number < 0) return undefined;
  return isNative ? number : seccomp.resolve(call);
}

function exported(seccomp: Bindings, context: Context): Uint8Array {
  const fd = seccomp.memfd('seccomp', MFD_CLOEXEC);
  if (fd < 0) throw refusal('the kernel has no memory for a seccomp filter');
  try {
    check('the filter', seccomp.export(context, fd));
    const { size } = fstatSync(fd);
    if (size === 0 || size > LARGEST_EXPORT) throw refusal('libseccomp made no usable filter', 'use fewer rules');
    const program = new Uint8Array(size);
    if (readSync(fd, program, 0, size, 0) !== size) throw refusal('the seccomp filter cannot be read back');
    return program;
  } finally {
    closeSync(fd);
  }
}

function check(what: string, result: number): void {
  if (result < 0) throw refusal(`libseccomp refuses ${what}: ${getSystemErrorName(result)}`);
}
