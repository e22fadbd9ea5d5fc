/** Arithmetic on addresses as text. */

export type Family = 4 | 6;

export const addressOf = (text: string): string => text.split('/')[0] ?? text;
export const prefixOf = (text: string): number => Number(text.split('/')[1]);
export const familyOf = (text: string): Family => (text.includes(':') ? 6 : 4);
export const isFamily = (text: string, family: Family): boolean => familyOf(text) === family;

/** Groups of 8 bits (IPv4) or 16 bits (IPv6); the kernel writes IPv4 within IPv6 only for addresses nobody is at. */
function groups(address: string): readonly number[] {
  if (isFamily(address, 4)) return address.split('.').map(Number);
  const [left = '', right] = address.split('::');
  const parse = (half: string) => half.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)]));
  if (right === undefined) return parse(left);
  const [before, after] = [parse(left), parse(right)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** Whether an address is in the subnet of `ADDRESS/PREFIX`. */
export function sameSubnet(subnet: string, address: string): boolean {
  if (familyOf(subnet) !== familyOf(address)) return false;
  const width = isFamily(subnet, 4) ? 8 : 16;
  const [ours, theirs] = [groups(addressOf(subnet)), groups(address)];
  let bits = prefixOf(subnet);
  return ours.every((group, at) => {
    const shift = width - Math.min(Math.max(bits, 0), width);
    bits -= width;
    return group >> shift === (theirs[at] ?? 0) >> shift;
  });
}
