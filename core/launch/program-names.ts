/** Names of a program that is there once for each tender: `app.spt` beside `app.hvt`. */

/** Solo5's targets that a tender can start, as the ends of their programs' names have it. */
const solo5Tenders = ['spt', 'hvt'] as const;

export interface TenderChoice {
  /** Asked first. */
  readonly preferred: string | undefined;
  /** Undefined: all. */
  readonly allowed: readonly string[] | undefined;
}

/**
 * What args[0] may mean, in the order to try: the preferred tender's program, the name as it stands, and then the programs of the other
 * tenders that are allowed. A name that ends like one of these programs stands for all of them.
 */
export function programNames(name: string, { preferred, allowed }: TenderChoice): readonly string[] {
  const known = [...new Set([...(allowed ?? []), ...solo5Tenders])];
  const end = known.find((tender) => name.endsWith(`.${tender}`));
  const base = end === undefined ? name : name.slice(0, -end.length - 1);
  // `/.spt` is a name, and not the end of one.
  if (base === '' || base.endsWith('/')) return [name];
  const others = (allowed ?? known).filter((tender) => tender !== preferred);
  const preferredName = preferred === undefined ? [] : [`${base}.${preferred}`];
  return [...new Set([...preferredName, name, ...others.map((tender) => `${base}.${tender}`)])];
}

/** The same of programs that the image lists by their tenders: the preferred one's, then as they stand; not allowed ones last, so that the error says so. */
export function listedPrograms(
  programs: readonly { readonly tender: string; readonly path: string }[],
  { preferred, allowed }: TenderChoice,
): readonly string[] {
  const rank = ({ tender }: { readonly tender: string }) =>
    allowed?.includes(tender) === false ? 2 : tender === preferred ? 0 : 1;
  return [...programs].sort((one, other) => rank(one) - rank(other)).map(({ path }) => path);
}
