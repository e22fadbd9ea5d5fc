/** What the test guests must do under hvt, wherever they run: on this machine's KVM, and in a virtual machine of our own. */

export interface Case {
  readonly guest: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string | RegExp;
  /** Of the container's log: empty, or the one line that tells why the guest was stopped. */
  readonly stderr: string | RegExp;
  /** Why a KVM that emulates every instruction in software cannot run it. */
  readonly notEmulated?: string;
  /** Why it takes such a KVM minutes: it runs in the virtual machine only. */
  readonly tooSlow?: string;
}

/** Statuses of guests that runnc had to stop: see docs/hvt.md. */
const FAULT = 139;
const FORBIDDEN = 159;

const stopped = (why: string) => new RegExp(`^runnc: hvt: the guest was stopped: ${why} \\(rip (0x1[0-9a-f]{5}|unknown)\\)\\n$`);
const tripleFault = stopped('triple fault, exit reason 0x8');
/** KVM says it by an exit (MMIO) or by an error (EFAULT). */
const readOnly = stopped(
  'it (wrote to memory that is read-only, 0x10[0-9a-f]{4}|touched memory as it must not, exit reason 0x[0-9a-f]+)',
);

const well = (guest: string, args: readonly string[], stdout: Case['stdout'], status = 0): Case => ({
  guest,
  args,
  status,
  stdout,
  stderr: '',
});
const crash = (how: string, stderr: RegExp): Case => ({
  guest: 'crash',
  args: how === '' ? [] : [how],
  status: FAULT,
  stdout: 'about to crash\n',
  stderr,
});
const forbidden = (what: string, why: string): Case => ({
  guest: 'forbidden',
  args: what === '' ? [] : [what],
  status: FORBIDDEN,
  stdout: /^asking for number \d+\n$/,
  stderr: stopped(why),
});

export const cases: readonly Case[] = [
  well('hello', ['a', 'b "c"'], 'Hello from a unikernel\ncommand line: <a b "c">\n'),
  well('exit-code', ['0'], ''),
  well('exit-code', ['42'], '', 42),
  well('exit-code', ['255'], '', 255),
  well('clock', [], /^monotonic: \d+\nwall: \d{19}\nmonotonic after 20 ms: \d+\n$/),
  well('sleep', ['1'], 'sleeping\nawake\n'),
  well('echo-loop', ['3'], 'line 1\nline 2\nline 3\n'),
  well('tls', [], 'initialised: 42\nzero: 0\nwritten: 43\n'),
  well('big-memory', ['0', '16'], /^memory: \d+\ntouched 8 MiB\ntouched 16 MiB\ndone\n$/),
  well('start-state', [], /^memory size: .*\nargument: 0x10000\nstack below end: 0x8\nother registers in use:\n$/s),
  well('hypercalls', ['10'], /^\d+\n$/),
  well('mirage-args', ['a', 'b'], 'word: <a>\nword: <b>\n'),
  {
    ...well('probe-memory', [], 'zeroed data: zero\nlow memory: zero\nfree memory: zero\noutside: cannot be probed\n'),
    tooSlow: 'it looks at each word of its memory',
  },
  {
    ...well('fpu', [], 'vector control: 0x1f80\nfloat control: 0x37f\npi: 3141582\n'),
    notEmulated: 'its emulator knows no SSE instructions',
  },
  crash('', tripleFault),
  crash('read-past-end', tripleFault),
  crash('illegal-instruction', tripleFault),
  crash('divide-by-zero', tripleFault),
  crash('write-text', readOnly),
  crash('write-constant', readOnly),
  forbidden('', 'it made a hypercall that there is not, number 0x9'),
  forbidden('0', 'it made a hypercall that there is not, number 0x0'),
  forbidden('256', 'it made a hypercall that there is not, number 0x100'),
  // puts: past the end, across it, around the end of the address space.
  forbidden('2 0xfffff000 1', 'it gave a hypercall an address outside its memory, 0xfffff000'),
  forbidden('2 0x100000 0x100000000', 'it gave a hypercall an address outside its memory, 0x100000'),
  forbidden('2 0x100000 0xffffffffffffffff', 'it gave a hypercall an address outside its memory, 0x100000'),
  // Devices of a guest that has none.
  forbidden('4 0 0 0 512', 'it gave a hypercall a handle of no such device, 0x0'),
  forbidden('5 1 0 0 512', 'it gave a hypercall a handle of no such device, 0x1'),
  forbidden('6 18446744073709551615 0 0', 'it gave a hypercall a handle of no such device, 0xffffffffffffffff'),
  forbidden('7 64 0 0', 'it gave a hypercall a handle of no such device, 0x40'),
];

/** `crash write-text`, ... */
export const nameOf = ({ guest, args }: Case): string => [guest, ...args].join(' ');
