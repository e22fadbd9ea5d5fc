/** Whether a share goes together with what others have of the namespace already. */
import type { Other } from '../others.ts';
import { type Port, portText } from './ports.ts';

/**
 * @throws Error ERR_NETWORK that names the other container, or the program's port
 */
export function requireUnclaimed(ports: readonly Port[], others: readonly Other[], listening: ReadonlySet<string>): void {
  const whole = others.find(({ interfaces }) => interfaces.length > 0);
  if (whole) {
    throw problem(
      `the interface ${whole.interfaces.join(' and ')} of this network namespace belongs to the container ${whole.id}`,
      'say of that one, too, which ports are its own (org.runnc.network.ports)',
    );
  }
  for (const port of ports) {
    const text = portText(port);
    const other = others.find((each) => each.ports.some((theirs) => portText(theirs) === text));
    if (other) throw problem(`the port ${text} of this network namespace belongs to the container ${other.id}`);
    if (listening.has(text)) throw problem(`at the port ${text} of this network namespace a program listens already`);
  }
}

/** @throws Error ERR_NETWORK for a guest that wants interfaces for itself of which others have a share */
export function requireUnshared(others: readonly Other[]): void {
  const sharing = others.find(({ interfaces }) => interfaces.length === 0);
  if (!sharing) return;
  const ports = sharing.ports.map(portText).join(', ');
  throw problem(
    `the container ${sharing.id} has a share of this network namespace (${ports === '' ? 'no ports' : `ports ${ports}`}), so that no other can have all of it`,
  );
}

const problem = (message: string, hint = 'say which ports are this one’s (org.runnc.network.ports), others than those'): Error =>
  Object.assign(new Error(message), { code: 'ERR_NETWORK', hint });
