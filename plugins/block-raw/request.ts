/** What somebody asked to have behind a block device: `[host:]PATH[,ro|,rw]`. */

export interface RawRequest {
  /** One of the host is without symlinks once it was found to be allowed. */
  readonly path: string;
  /** A file of the host, or of the container's root file system. */
  readonly host: boolean;
  readonly readOnly: boolean;
}

/** @throws Error ERR_DEVICE for a path that is not absolute */
export function parseRequest(text: string, what: string): RawRequest {
  const access = /,(ro|rw)$/.exec(text);
  const place = access ? text.slice(0, access.index) : text;
  const host = place.startsWith('host:');
  const path = host ? place.slice('host:'.length) : place;
  if (!path.startsWith('/') || path.includes('\0')) {
    throw failure(`${what} is ${JSON.stringify(text)}`, 'write /PATH or host:/PATH, and ,ro after it for a read-only device');
  }
  return { path, host, readOnly: access?.[1] === 'ro' };
}

export const failure = (message: string, hint?: string) =>
  Object.assign(new Error(message), { code: 'ERR_DEVICE', ...(hint === undefined ? {} : { hint }) });
