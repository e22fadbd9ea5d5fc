import fc from 'fast-check';
import { expect, test } from 'vitest';
import { descriptor } from '../../launch/protocol.ts';
import type { BlockDevice, Tender, Unikernel } from '../../plugin.ts';
import { descriptorsOf } from './descriptors.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 6 });

test('whatever a guest has, its files have the numbers that follow each other in the order in which they are opened', () => {
  fc.assert(
    fc.property(names, names, names, (own, blocks, nets) => {
      const tender = { open: own.map((name) => ({ name, path: `/dev/${name}`, flags: 0 })) } as unknown as Tender;
      const devices = nets.map((name, handle) => ({ name, kind: 'net', handle }));
      const { open, openInside, mailbox, numbers } = descriptorsOf(
        tender,
        { devices } as unknown as Unikernel,
        blocks.map((name) => ({ name, path: `/images/${name}`, readOnly: false }) as BlockDevice),
      );
      const opened = [...open, ...openInside].map(({ name }) => name);
      expect(opened).toEqual([...own, ...blocks.map((name) => `block:${name}`), ...nets.map((name) => `net:${name}`)]);
      expect(opened.map((name) => numbers[name])).toEqual(opened.map((_, index) => descriptor.firstFree + index));
      expect(numbers).toMatchObject({
        program: descriptor.program,
        free: descriptor.firstFree + opened.length + (nets.length > 0 ? 2 : 0),
      });
      const next = descriptor.firstFree + opened.length;
      expect(mailbox).toEqual(nets.length > 0 ? { receive: next, send: next + 1 } : undefined);
    }),
  );
});
