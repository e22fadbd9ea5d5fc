/** What a schema cannot say of config.json: how its parts go together. */
import { RunncError } from '../errors.ts';
import { quote } from './explain.ts';
import { checkSysctls } from './sysctl.ts';
import { hookNames, type NamespaceType, type Spec } from './types.ts';

/** Throws at the first contradiction in a config.json that fits the schema. */
export function checkSpec(spec: Spec): void {
  for (const check of checks) check(spec);
}

const checks: readonly ((spec: Spec) => void)[] = [
  checkVersion,
  checkProcess,
  checkRlimits,
  checkHooks,
  checkNamespaces,
  checkUserNamespace,
  checkNames,
  checkTimeOffsets,
  (spec) => checkSysctls(spec.linux?.sysctl ?? {}, spec.linux?.namespaces ?? []),
  checkSeccomp,
];

function refuse(message: string, hint?: string): never {
  throw new RunncError('ERR_BUNDLE', `config.json: ${message}`, hint === undefined ? {} : { hint });
}

function absolute(where: string, value: string): void {
  if (!value.startsWith('/')) refuse(`${where} must be an absolute path, not ${quote(value)}`);
}

function has(spec: Spec, type: NamespaceType): boolean {
  return spec.linux?.namespaces?.some((namespace) => namespace.type === type) ?? false;
}

function checkVersion({ ociVersion }: Spec): void {
  if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(ociVersion))
    refuse(`ociVersion must be a version such as "1.2.0", not ${quote(ociVersion)}`);
  if (!ociVersion.startsWith('1.')) {
    throw new RunncError('ERR_UNSUPPORTED', `config.json: ociVersion ${quote(ociVersion)} is not supported`, {
      hint: 'runnc reads versions 1.x',
    });
  }
}

function checkProcess({ process }: Spec): void {
  if (process.args[0] === '') refuse('process.args[0] must name a program, not be empty');
  absolute('process.cwd', process.cwd);
  process.env?.forEach((entry, index) => {
    // As runc: a program would find neither a name nor a value in it.
    if (entry.indexOf('=') < 1) refuse(`process.env[${index}] must be NAME=value, not ${quote(entry)}`);
  });
}

function checkRlimits({ process }: Spec): void {
  const seen = new Set<string>();
  process.rlimits?.forEach(({ type, soft, hard }, index) => {
    if (seen.has(type)) refuse(`process.rlimits[${index}]: ${type} is given twice`);
    if (soft > hard) refuse(`process.rlimits[${index}]: the soft limit ${soft} of ${type} is above the hard limit ${hard}`);
    seen.add(type);
  });
}

function checkHooks({ hooks }: Spec): void {
  for (const name of hookNames) {
    hooks?.[name]?.forEach((hook, index) => {
      absolute(`hooks.${name}[${index}].path`, hook.path);
    });
  }
}

function checkNamespaces({ linux }: Spec): void {
  const seen = new Set<NamespaceType>();
  linux?.namespaces?.forEach(({ type, path: joined }, index) => {
    if (seen.has(type)) refuse(`linux.namespaces[${index}]: the ${type} namespace is given twice`);
    if (joined !== undefined) absolute(`linux.namespaces[${index}].path`, joined);
    seen.add(type);
  });
}

function checkUserNamespace(spec: Spec): void {
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  const where = has(spec, 'user') ? 'linux.namespaces' : uidMappings.length > 0 ? 'linux.uidMappings' : 'linux.gidMappings';
  if (!has(spec, 'user') && uidMappings.length === 0 && gidMappings.length === 0) return;
  throw new RunncError('ERR_UNSUPPORTED', `config.json: ${where}: user namespaces are not supported yet`, {
    hint: 'run the container without one (docker: --userns=host, or no userns-remap; Kubernetes: hostUsers: true)',
  });
}

function checkNames(spec: Spec): void {
  for (const key of ['hostname', 'domainname'] as const) {
    const value = spec[key] ?? '';
    if (value !== '' && !has(spec, 'uts')) refuse(`${key} needs a uts namespace`, 'add { "type": "uts" } to linux.namespaces');
    // __NEW_UTS_LEN, linux/utsname.h.
    if (Buffer.byteLength(value) > 64) refuse(`${key} is longer than 64 bytes`);
  }
}

function checkTimeOffsets(spec: Spec): void {
  const clocks = Object.keys(spec.linux?.timeOffsets ?? {});
  if (clocks.length === 0) return;
  const clock = clocks.find((name) => name !== 'boottime' && name !== 'monotonic');
  if (clock !== undefined) refuse(`linux.timeOffsets: ${quote(clock)} is not a clock`, 'the clocks are boottime and monotonic');
  const time = spec.linux?.namespaces?.find(({ type }) => type === 'time');
  if (time === undefined) refuse('linux.timeOffsets needs a time namespace', 'add { "type": "time" } to linux.namespaces');
  if (time.path !== undefined) refuse('linux.timeOffsets cannot be set in a time namespace that is joined by path');
}

/** A filter compares exactly or not at all: JSON.parse has rounded what is above 2^53. */
function checkSeccomp({ linux }: Spec): void {
  linux?.seccomp?.syscalls?.forEach((rule, index) => {
    rule.args?.forEach(({ value, valueTwo = 0 }, at) => {
      if (Number.isSafeInteger(value) && Number.isSafeInteger(valueTwo)) return;
      const where = `config.json: linux.seccomp.syscalls[${index}].args[${at}]`;
      throw new RunncError('ERR_UNSUPPORTED', `${where}: values above 2^53 are not supported`);
    });
  });
}
