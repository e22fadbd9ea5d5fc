/** What is said of a container before anybody looks at its program: the operator first, then annotations, then the image. */
import type { Config } from '../../config/config.ts';
import { RunncError } from '../errors.ts';
import { quoted } from '../launch/quoted.ts';
import type { Container, Metadata } from '../plugin.ts';
import { isTapped } from './runtime/hooks.ts';
import type { Runtime } from './runtime/runtime.ts';

/** @throws RunncError ERR_METADATA for an annotation that contradicts runnc.config; what the image says just does not count then */
export async function metadataOf({ hooks }: Runtime, container: Container, config: Pick<Config, 'unikernel'>): Promise<Metadata> {
  const said = (isTapped(hooks.metadata) ? await hooks.metadata.promise(container) : undefined) ?? {};
  // A plugin may be named with its hook in front or without.
  const operators = config.unikernel?.replace(/^unikernel-/, '');
  if (operators === undefined) return said;
  const { unikernel } = said;
  // One that is allowed is part of the configuration by now.
  if (unikernel?.by === 'annotation' && unikernel.name === operators) return said;
  if (unikernel?.by === 'annotation') {
    throw new RunncError(
      'ERR_METADATA',
      `an annotation says that the unikernel is ${quoted(unikernel.name)}, and runnc.config that all are ${quoted(operators)}`,
    );
  }
  return { ...said, unikernel: { name: operators, by: 'operator' } };
}
