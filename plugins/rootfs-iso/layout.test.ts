/** Random trees through the layout and back, by a reader that shares nothing with the writer. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type Data, type Entry, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../core/tree/tree.ts';
import { layOut } from './layout.ts';
import { linkFields, nameFields } from './rock-ridge.ts';
import { readImage, targetOf } from './testing/read-image.ts';

vi.setConfig({ testTimeout: 60_000 });

const bytes = (minLength: number, maxLength: number) =>
  fc
    .uint8Array({ minLength, maxLength })
    .map((array) => Buffer.from(array.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))));
const name = fc.oneof({ weight: 5, arbitrary: bytes(1, 12) }, bytes(100, 255), bytes(255, 255));
const target = fc
  .array(
    fc.oneof(
      bytes(0, 8),
      bytes(200, 300),
      fc.constantFrom('.', '..', '').map((text) => Buffer.from(text)),
    ),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((parts) => Buffer.from(parts.map((part) => part.toString('latin1')).join('/') || '/', 'latin1'));
const common = fc.record({
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.nat({ max: 2 ** 32 - 1 }),
  gid: fc.nat({ max: 2 ** 32 - 1 }),
  seconds: fc.integer({ min: -(2 ** 31), max: 5_000_000_000 }),
});
// Sizes only: contents are the writer's.
const leaf = fc.oneof(
  fc.record({ size: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 40_000 })) }),
  fc.record({ target }),
  fc.record({ device: fc.record({ major: fc.nat({ max: 4095 }), minor: fc.nat({ max: 1 << 20 }) }) }),
);
type Shape = {
  common: { permissions: number; uid: number; gid: number; seconds: number };
  leaf?: object;
  children?: [Buffer, Shape][];
};
const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 12, depthSize: 'large' },
    fc.record({ common, leaf }),
    fc.record({ common, children: fc.array(fc.tuple(name, tie('shape')), { maxLength: 8 }) }),
  ) as fc.Arbitrary<Shape>,
}));

/** Every third file is a further name of the one before. */
function treeOf(root: Shape): Entry {
  let last: Pick<Entry, 'mode' | 'uid' | 'gid' | 'modified' | 'data'> | undefined;
  let files = 0;
  const build = (own: Buffer, { common: { permissions, uid, gid, seconds }, leaf: kind = {}, children }: Shape): Entry => {
    const shared = { uid, gid, modified: seconds * 1000 };
    const details = kind as { size?: number; target?: Buffer; device?: NonNullable<Entry['device']> };
    if (children) {
      const unique = new Map(children.map(([key, child]) => [key.toString('latin1'), child]));
      const entries = [...unique]
        .map(([key, child]) => build(Buffer.from(key, 'latin1'), child))
        .sort((a, b) => Buffer.compare(a.name, b.name));
      return { name: own, mode: S_IFDIR | permissions, ...shared, data: { size: 0 }, entries };
    }
    if (details.target) return { name: own, mode: S_IFLNK | 0o777, ...shared, data: { size: 0 }, target: details.target };
    if (details.device) return { name: own, mode: S_IFCHR | permissions, ...shared, data: { size: 0 }, device: details.device };
    if (++files % 3 === 0 && last) return { name: own, ...last };
    last = { mode: S_IFREG | permissions, ...shared, data: { size: details.size ?? 0 } };
    return { name: own, ...last };
  };
  return build(Buffer.alloc(0), { ...root, children: root.children ?? [[Buffer.from('only'), root]] });
}

test.each([undefined, 4096])('a tree comes back as it was, largest part of a file %s', (largest) => {
  fc.assert(
    fc.property(shape, (random) => {
      const root = treeOf(random);
      const { head, extents, sectors } = layOut(root, largest);
      const found = readImage(head);
      const links = new Map<Data, number>();
      const count = ({ data, entries = [] }: Entry): void => {
        links.set(data, (links.get(data) ?? 0) + 1);
        entries.forEach(count);
      };
      count(root);
      const serials = new Map<Data, number>();
      let seen = 0;
      const compare = (entry: Entry, path: string): void => {
        seen += 1;
        const read = found.get(path);
        if (!read) throw new Error(`${JSON.stringify(path)} is missing`);
        const { mode, uid, gid, modified, target: to, device, data, entries } = entry;
        expect(read).toMatchObject({ mode, uid, gid, seconds: modified / 1000, target: to?.toString('latin1') });
        expect(read.device).toEqual(device && [device.major, device.minor]);
        expect(read.links).toBe(entries ? 2 + entries.filter((child) => child.entries).length : links.get(data));
        expect(serials.get(data) ?? read.serial).toBe(read.serial);
        serials.set(data, read.serial);
        if ((mode & S_IFMT) === S_IFREG) {
          expect(read.extents.reduce((sum, [, size]) => sum + size, 0)).toBe(data.size);
          let at = extents.get(data) ?? 0;
          for (const [sector, size] of read.extents) {
            expect(sector).toBe(at);
            at += Math.ceil(size / 2048);
          }
          expect(at).toBeLessThanOrEqual(sectors);
        }
        for (const child of entries ?? []) compare(child, `${path}/${child.name.toString('latin1')}`);
      };
      compare(root, '');
      expect(found.size).toBe(seen);
      expect(new Set(serials.values()).size).toBe(serials.size);
      const places = [...extents].map(([{ size }, sector]) => [sector, sector + Math.ceil(size / 2048)] as const);
      let end = head.length / 2048;
      for (const [from, to] of places) {
        expect(from).toBe(end);
        end = to;
      }
      expect(Math.max(end, 32)).toBe(sectors);
    }),
    { numRuns: 40 },
  );
});

test('names and targets of any bytes fit into fields of 255 bytes and come back', () => {
  fc.assert(
    fc.property(target, bytes(1, 255), (link, file) => {
      const fields = linkFields(link);
      expect(targetOf(fields)).toBe(link.toString('latin1'));
      // Each but the last ends with a component that goes on.
      expect(fields.map((field) => field[4])).toEqual(fields.map((_, index) => (index < fields.length - 1 ? 1 : 0)));
      const names = nameFields(file);
      expect(Buffer.concat(names.map((field) => field.subarray(5)))).toEqual(file);
    }),
    { numRuns: 200 },
  );
  for (let length = 1; length < 4095; length += 1) {
    const text = 'ab/'.repeat(1365).slice(0, length);
    expect(targetOf(linkFields(Buffer.from(text)))).toBe(text);
  }
});

test('the same tree gives the same bytes', () => {
  const tree = () => treeOf({ common: { permissions: 0o755, uid: 0, gid: 0, seconds: 1 }, leaf: { size: 5 } });
  expect(layOut(tree()).head.equals(layOut(tree()).head)).toBe(true);
});
