import { expect, test, vi } from 'vitest';
import { RunncError } from '../../errors.ts';
import type { Architecture, Container, Launch, Program, Unikernel } from '../../plugin.ts';
import { recordingLog } from '../../testing/log.ts';
import { isTapped, makeHooks, pluginError } from './hooks.ts';

const container = {} as Container;
const program = {} as Program;

test('the first plugin that answers a noun wins, and the others are not asked', async () => {
  const { unikernel } = makeHooks(recordingLog());
  const asked: string[] = [];
  for (const [name, answer] of [
    ['none', undefined],
    ['first', { name: 'first' }],
    ['second', { name: 'second' }],
  ] as const) {
    unikernel.tap(name, () => {
      asked.push(name);
      return answer as never;
    });
  }
  expect(await unikernel.promise(program, container)).toEqual({ name: 'first' });
  expect(asked).toEqual(['none', 'first']);
});

test('what shapes the launch is handed on; who returns nothing changes nothing', async () => {
  const { launch } = makeHooks(recordingLog());
  launch.tap('one', (given) => ({ ...given, memory: 1 }));
  launch.tapPromise('two', async () => undefined as never);
  launch.tapPromise('three', async (given) => ({ ...given, commandLine: 'x' }));
  expect(await launch.promise({} as Launch, container)).toEqual({ memory: 1, commandLine: 'x' });
});

test.each([
  [
    'at once',
    (): never => {
      throw new Error('no such bridge');
    },
  ],
  ['later', () => Promise.reject(new Error('no such bridge'))],
])('a plugin that fails %s is named, with its hook', async (_, fail) => {
  const { create } = makeHooks(recordingLog());
  create.tap('network-tap', fail);
  await expect(create.promise(container)).rejects.toMatchObject({
    code: 'ERR_PLUGIN',
    message: 'plugin network-tap failed in create: no such bridge',
    cause: expect.objectContaining({ message: 'no such bridge' }),
  });
});

test("a tender's plan that fails is its plugin's, too, and keeps what it says to do", async () => {
  const fail = {
    'no reason': new Error('no reason'),
    memory: Object.assign(new Error('too little'), { code: 'ERR_MEMORY', hint: 'more' }),
  };
  for (const [said, error] of Object.entries(fail)) {
    const { tender } = makeHooks(recordingLog());
    tender.tap('x', () => ({ name: 'x', open: [], plan: () => Promise.reject(error) }));
    const found = await tender.promise(program, {} as Unikernel, {} as Architecture);
    await expect(found?.plan({} as Launch, {})).rejects.toMatchObject(
      said === 'memory'
        ? { code: 'ERR_MEMORY', sentence: 'too little; more' }
        : { code: 'ERR_PLUGIN', sentence: 'plugin x failed in the plan of tender: no reason' },
    );
  }
});

test('the first failure of a series ends it', async () => {
  const { start } = makeHooks(recordingLog());
  const called: string[] = [];
  start.tap('one', () => void called.push('one'));
  start.tap('two', () => {
    throw new Error('no');
  });
  start.tap('three', () => void called.push('three'));
  await expect(start.promise(container)).rejects.toThrow('plugin two failed in start: no');
  expect(called).toEqual(['one']);
});

test('a plugin that does not answer is given up, and named', async () => {
  vi.useFakeTimers();
  const { tender } = makeHooks(recordingLog());
  tender.tapPromise('slow', () => new Promise(() => {}));
  const asked = expect(tender.promise(program, {} as never, {} as never)).rejects.toThrow(
    'plugin slow failed in tender: no answer within 30 s',
  );
  await vi.advanceTimersByTimeAsync(30_000);
  vi.useRealTimers();
  await asked;
});

test('every tap is timed in the log, whether it fails or not', async () => {
  const log = recordingLog();
  const { created } = makeHooks(log);
  created.tap('fine', () => {});
  created.tap('broken', () => {
    throw new Error('no');
  });
  await created.promise(container).catch(() => {});
  expect(log.lines).toEqual([
    expect.stringMatching(/^debug: fine: created took \d+\.\d ms$/),
    expect.stringMatching(/^debug: broken: created took \d+\.\d ms$/),
  ]);
});

test('a hook is tapped when a plugin answers it', () => {
  const { create, start } = makeHooks(recordingLog());
  create.tap('plugin', () => {});
  expect([isTapped(create), isTapped(start)]).toEqual([true, false]);
});

test('an error with one of our codes is shown as it is; any other names the plugin', () => {
  const ours = new RunncError('ERR_MEMORY', 'too little', { hint: 'more' });
  expect(pluginError('p', 'h', ours)).toBe(ours);
  const plain = Object.assign(new Error('too little'), { code: 'ERR_MEMORY', hint: 'more' });
  expect(pluginError('p', 'h', plain)).toMatchObject({ code: 'ERR_MEMORY', sentence: 'too little; more', cause: plain });
  const system = Object.assign(new Error('open failed'), { code: 'ENOENT' });
  expect(pluginError('p', 'h', system)).toMatchObject({ code: 'ERR_PLUGIN', message: 'plugin p failed in h: open failed' });
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['text', 'text'],
  [{}, '[object Object]'],
])('%j may be thrown as well', (thrown, said) => {
  expect(pluginError('p', 'h', thrown).message).toBe(`plugin p failed in h: ${said}`);
});

test('who listens to the calls of a hook hears them', async () => {
  const { unikernel } = makeHooks(recordingLog());
  const heard: unknown[] = [];
  unikernel.tap('one', () => ({ name: 'one' }) as never);
  unikernel.intercept({ call: (...args) => void heard.push(args) });
  expect(await unikernel.promise(program, container)).toEqual({ name: 'one' });
  expect(heard).toEqual([[program, container]]);
});
