/** What the test guests must do on aarch64: under hvt as elsewhere but for what the processor does in its own way, and under spt. */
import { type Case, cases as hvtCases } from '../hvt/cases.ts';

export interface ArmCase extends Pick<Case, 'guest' | 'args' | 'status' | 'stdout' | 'stderr'> {
  readonly tender: 'spt' | 'hvt';
}

const stopped = (why: string) => new RegExp(`^runnc: hvt: the guest was stopped: ${why} \\(pc 0x1[0-9a-f]{5}\\)\\n$`);
/** Of an instruction that the processor does not know, and of an access to what is not mapped (Arm ARM, ESR_EL1: EC, IL). */
const unknownInstruction = stopped('exception, syndrome 0x2000000');
const dataAbort = stopped('exception, syndrome 0x96[0-9a-f]{6}');
const readOnly = stopped('it touched memory as it must not, exit reason 0x[0-9a-f]+');

/** What differs under hvt, by guest and arguments. */
const different: Readonly<Record<string, Partial<ArmCase>>> = {
  'start-state': {
    stdout: /^memory size: .*\nargument: 0x10000\nstack below end: 0x10\nother registers in use:\n$/s,
  },
  fpu: { stdout: 'vector control: 0x0\nfloat control: 0x0\npi: 3141582\n' },
  crash: { stderr: dataAbort },
  'crash read-past-end': { stderr: dataAbort },
  'crash illegal-instruction': { stderr: unknownInstruction },
  // The processor answers 0.
  'crash divide-by-zero': { status: 1, stdout: 'about to crash\nstill alive\n', stderr: '' },
  'crash write-text': { stderr: readOnly },
  'crash write-constant': { stderr: readOnly },
};

const hvt = hvtCases.map(({ guest, args, status, stdout, stderr }): ArmCase => {
  // A sentence that names the instruction pointer, which has another name here.
  const named =
    typeof stderr === 'string'
      ? stderr
      : new RegExp(stderr.source.replace('\\(rip (0x1[0-9a-f]{5}|unknown)', '\\(pc (0x1[0-9a-f]{5})'));
  return { tender: 'hvt', guest, args, status, stdout, stderr: named, ...different[[guest, ...args].join(' ')] };
});

const spt = (guest: string, args: readonly string[], status: number, stdout: ArmCase['stdout']): ArmCase => ({
  tender: 'spt',
  guest,
  args,
  status,
  stdout,
  stderr: '',
});
const crash = (how: string, status: number): ArmCase => spt('crash', how === '' ? [] : [how], status, 'about to crash\n');

export const cases: readonly ArmCase[] = [
  spt('hello', ['a', 'b "c"'], 0, 'Hello from a unikernel\ncommand line: <a b "c">\n'),
  spt('exit-code', ['42'], 42, ''),
  spt('clock', [], 0, /^monotonic: \d+\nwall: \d{19}\nmonotonic after 20 ms: \d+\n$/),
  spt('sleep', ['1'], 0, 'sleeping\nawake\n'),
  spt('tls', [], 0, 'initialised: 42\nzero: 0\nwritten: 43\n'),
  spt('fpu', [], 0, 'vector control: 0x0\nfloat control: 0x0\npi: 3141582\n'),
  spt('big-memory', ['0', '16'], 0, /^memory: \d+\ntouched 8 MiB\ntouched 16 MiB\ndone\n$/),
  spt(
    'start-state',
    [],
    0,
    // The entry's address is what the player jumps through.
    /^memory size: .*\nargument: 0x11000\nstack below end: 0x10\nother registers in use: x16=0x1[0-9a-f]{5}\n$/s,
  ),
  spt('probe-memory', [], 0, 'zeroed data: zero\nlow memory: zero\nfree memory: zero\noutside: nothing\n'),
  crash('', 139),
  crash('write-text', 139),
  crash('write-constant', 139),
  crash('execute-data', 139),
  crash('execute-stack', 139),
  crash('execute-heap', 139),
  crash('read-past-end', 139),
  crash('illegal-instruction', 132),
  // getpid, openat, and the write of another descriptor.
  spt('forbidden', [], 159, 'asking for number 172\n'),
  spt('forbidden', ['56'], 159, 'asking for number 56\n'),
  spt('forbidden', ['64', '2', '0x100000', '1'], 159, 'asking for number 64\n'),
  ...hvt,
];

/** `spt crash write-text`, ... */
export const nameOf = ({ tender, guest, args }: ArmCase): string => [tender, guest, ...args].join(' ');
