import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FilterRequest, Policy, SeccompProfile } from '../../core/plugin.ts';
import { cacheKey, REVISION } from './cache-key.ts';
import { layersOf } from './layers.ts';
import { planOfPolicy } from './policy.ts';
import { planOfProfile } from './profile.ts';
import { amd64, hasher, refusalOf } from './testing/host.ts';

const policy: Policy = [
  { call: 'exit_group' },
  { call: 'clock_gettime', when: [{ arg: 0, op: '!=', value: 7 }] },
  {
    call: 'pread64',
    when: [
      { arg: 3, op: '>=', value: 512 },
      { arg: 3, op: '<', value: 2n ** 40n },
      { arg: 2, op: '<=', value: 512 },
    ],
  },
];

test('a change in what is made of requests is a new revision of the cache', () => {
  const profile = JSON.parse(readFileSync(new URL('testing/docker-profile.json', import.meta.url), 'utf8')) as SeccompProfile;
  const plans = [planOfPolicy(policy), planOfProfile(profile, ['mount'])];
  const text = JSON.stringify(
    plans.map(({ defaultAction, rules }) => [defaultAction, layersOf(rules)]),
    (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value),
  );
  // If this fails, raise REVISION in cache-key.ts: filters that were kept before are no longer right.
  expect([REVISION, createHash('sha256').update(text).digest('hex')]).toEqual([
    1,
    '379378da9a90c8559098b792dbb3983bb796b42cd3c4941014ec6456cf84ce39',
  ]);
});

test('a request that cannot be read is refused', async () => {
  let nested: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) nested = [nested];
  const request = { kind: 'profile', profile: nested, allow: [] } as unknown as FilterRequest;
  expect(await refusalOf((async () => cacheKey(hasher, request, amd64))())).toBe(
    'ERR_SECCOMP: the seccomp profile is nested too deeply',
  );
});
