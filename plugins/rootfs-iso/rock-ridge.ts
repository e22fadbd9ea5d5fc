/** Fields of the System Use Sharing Protocol (SUSP 1.12) and of Rock Ridge (RRIP 1.12), which say what POSIX wants to know of a file. */

import type { Entry } from '../../core/plugin.ts';
import { both32, date7 } from './numbers.ts';

/** The length of a field is one byte. */
const longest = 255;
/** Of NM and SL: letters, length, version, flags. */
const nameHeader = 5;
const componentHeader = 2;
export const ceSize = 28;

const continues = 1;
const component = { current: 2, parent: 4, root: 8 };

/** SUSP 5: two letters, the length, the version. */
const field = (letters: string, ...parts: readonly Uint8Array[]): Buffer => {
  const data = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(letters, 'latin1'), Buffer.from([data.length + 4, 1]), data]);
};

/** That there are such fields: the first one of the root folder (SUSP 5.3). */
export const sp = (): Buffer => field('SP', Buffer.from([0xbe, 0xef, 0]));

/** Whose fields they are (SUSP 5.5, RRIP 4.3). */
export function er(): Buffer {
  const texts = [
    'IEEE_P1282',
    'THE IEEE P1282 PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS',
    'PLEASE CONTACT THE IEEE STANDARDS DEPARTMENT, PISCATAWAY, NJ, USA FOR THE P1282 SPECIFICATION',
  ].map((text) => Buffer.from(text, 'latin1'));
  return field('ER', Buffer.from([...texts.map(({ length }) => length), 1]), ...texts);
}

/** Where the fields go on (SUSP 5.1). */
export const ce = (sector: number, offset: number, size: number): Buffer =>
  field('CE', both32(sector), both32(offset), both32(size));

/** RRIP 4.1.1, 4.1.6. */
export function attributes({ mode, uid, gid, modified }: Entry, links: number, serial: number): Buffer[] {
  const numbers = [mode, links, uid, gid, serial].map(both32);
  // The access and the change would differ from one look at the tree to the next.
  return [field('PX', ...numbers), field('TF', Buffer.from([2]), date7(modified))];
}

/** A device's number (RRIP 4.1.2): the two halves hold the major and the minor one. */
export const device = ({ major, minor }: { readonly major: number; readonly minor: number }): Buffer =>
  field('PN', both32(major), both32(minor));

/** The name, in several fields if it must be (RRIP 4.1.4). */
export function nameFields(name: Buffer): Buffer[] {
  const most = longest - nameHeader;
  const pieces: Buffer[] = [];
  for (let at = 0; at < name.length; at += most) pieces.push(name.subarray(at, at + most));
  return pieces.map((piece, index) => field('NM', Buffer.from([index < pieces.length - 1 ? continues : 0]), piece));
}

/**
 * Where a symlink leads (RRIP 4.1.3): components, which go on in the next field where one is full. A field that others follow ends with
 * a component that goes on, of no bytes if need be: libarchive forgets the slash between two fields otherwise.
 */
export function linkFields(target: Buffer): Buffer[] {
  const fields: Buffer[][] = [[]];
  let room = longest - nameHeader;
  const add = (flags: number, text: Buffer) => {
    fields.at(-1)?.push(Buffer.from([flags, text.length]), text);
    room -= componentHeader + text.length;
  };
  const components = componentsOf(target);
  for (const [index, { flags, text }] of components.entries()) {
    const reserve = index < components.length - 1 ? componentHeader : 0;
    let rest = text;
    while (componentHeader + rest.length > room - reserve) {
      const piece = rest.subarray(0, room - componentHeader);
      add(continues, piece);
      rest = rest.subarray(piece.length);
      fields.push([]);
      room = longest - nameHeader;
    }
    add(flags, rest);
  }
  return fields.map((parts, index) => field('SL', Buffer.from([index < fields.length - 1 ? continues : 0]), ...parts));
}

/** A slash stands between any two of them, but after the root; so nothing is lost of `//`, `./` and a slash at the end. */
function componentsOf(target: Buffer): { flags: number; text: Buffer }[] {
  const none = Buffer.alloc(0);
  const isAbsolute = target[0] === 0x2f;
  const rest = isAbsolute ? target.subarray(1) : target;
  const components = isAbsolute ? [{ flags: component.root, text: none }] : [];
  if (isAbsolute && rest.length === 0) return components;
  for (const name of rest.toString('latin1').split('/')) {
    if (name === '.') components.push({ flags: component.current, text: none });
    else if (name === '..') components.push({ flags: component.parent, text: none });
    else components.push({ flags: 0, text: Buffer.from(name, 'latin1') });
  }
  return components;
}
