/** seccomp: compiles system call policies and OCI profiles to classic BPF with libseccomp, and keeps what it has compiled. */
import type { Architecture, FilterRequest, Host, Plugin } from '../../core/plugin.ts';
import { cacheKey } from './cache-key.ts';
import { readCached, writeCached } from './filter-cache.ts';
import type { FilterPlan } from './filter-plan.ts';
import { refusal } from './refusal.ts';

export default {
  name: 'seccomp',
  api: 1,
  apply(host) {
    host.hooks.filter.tapPromise('seccomp', (request, architecture) => filter(host, request, architecture));
  },
} satisfies Plugin;

async function filter(host: Host, request: FilterRequest, architecture: Architecture): Promise<Uint8Array> {
  const directory = host.cacheDirectory('seccomp');
  const key = cacheKey(host, request, architecture);
  const cached = readCached(host, directory, key);
  if (cached !== undefined) return cached;
  // Nearly always there is a cached one, and none of this is loaded.
  const { compile } = await import('./libseccomp.ts');
  const program = await compile(host, await planOf(request), architecture);
  try {
    writeCached(host, directory, key, program);
  } catch (error) {
    // A full disk must not stop a container: the next one compiles again.
    host.log.warn(`a seccomp filter cannot be kept in ${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return program;
}

async function planOf(request: FilterRequest): Promise<FilterPlan> {
  switch (request.kind) {
    case 'policy':
      return (await import('./policy.ts')).planOfPolicy(request.policy);
    case 'profile':
      return (await import('./profile.ts')).planOfProfile(request.profile, request.allow);
    default:
      throw refusal('a filter was asked for that is neither a policy nor a profile');
  }
}
