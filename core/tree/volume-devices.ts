/** Which of a guest's block devices carries which volume. */
import type { Container, Unikernel } from '../plugin.ts';

/**
 * Names of devices by the destinations of the volumes that they carry: the annotation `org.runnc.volume.NAME` or `RUNNC_VOLUME_NAME` in the
 * environment say a destination; a device that is called as the last part of one (`data` for /srv/data) needs no more. A volume
 * without a device is in the root image.
 */
export function volumeDevices({ mounts, annotations, env }: Container, { devices }: Unikernel): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const blocks = devices.filter(({ kind }) => kind === 'block');
  for (const { name } of blocks) {
    const variable = `RUNNC_VOLUME_${name}=`;
    const asked = annotations[`org.runnc.volume.${name}`] ?? env.findLast((entry) => entry.startsWith(variable));
    const destination = asked?.startsWith(variable) ? asked.slice(variable.length) : asked;
    const mount = mounts.find((mount) =>
      destination === undefined ? lastPart(mount.destination) === name : mount.destination === destination,
    );
    if (mount && !found.has(mount.destination)) found.set(mount.destination, name);
  }
  return found;
}

/** As Solo5's names are: letters and digits only. */
const lastPart = (destination: string): string =>
  (destination.split('/').findLast((part) => part !== '') ?? '').replace(/[^A-Za-z0-9]/g, '');
