/** What requests have in common: flags of linux/netlink.h, and answers that say no more than that it is done already. */

export const DUMP = 0x300;
export const REPLACE = 0x100;
export const EXCL = 0x200;
export const CREATE = 0x400;

/** linux/socket.h */
export const AF = { inet: 2, inet6: 10 } as const;

/** What the kernel says of a link, address, route, neighbour, qdisc or filter that it does not have. */
const none = ['ENODEV', 'ENOENT', 'ESRCH', 'EADDRNOTAVAIL', 'ENXIO'];

/** `ENOENT`, where the kernel answered with an error. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as { readonly errnoName?: string }).errnoName : undefined;

/** The result, or undefined when what it is about is not there. */
export function ifNone<Result>(work: () => Result): Result | undefined {
  return passing(none, work);
}

/** The result, or undefined when it is there already. */
export function ifThere<Result>(work: () => Result): Result | undefined {
  return passing(['EEXIST'], work);
}

export function passing<Result>(errnos: readonly string[], work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== undefined && errnos.includes(errno)) return undefined;
    throw error;
  }
}
