/** Whether a container gets a share of its network namespace instead of the namespace's interfaces, and which. */
import type { Container } from '../../../core/plugin.ts';
import type { Options } from '../options.ts';
import { type Port, parsePorts } from './ports.ts';

/** For engines that pass annotations, and for those that do not. */
export const portsAnnotation = 'org.runnc.network.ports';
const portsVariable = 'RUNNC_NETWORK_PORTS';

/** From runnc.config, else the annotation, else the environment. @throws Error ERR_NETWORK */
export function portsFor({ ports }: Pick<Options, 'ports'>, { annotations, env }: Pick<Container, 'annotations' | 'env'>) {
  if (ports !== '') return parsePorts(ports, 'the option ports of network-tap');
  const annotation = annotations[portsAnnotation];
  if (annotation !== undefined) return parsePorts(annotation, `the annotation ${portsAnnotation}`);
  const variable = env.findLast((entry) => entry.startsWith(`${portsVariable}=`))?.slice(portsVariable.length + 1);
  return variable === undefined ? [] : parsePorts(variable, `the variable ${portsVariable}`);
}

/**
 * The mode `nat` was chosen, or it is the host's own namespace, or ports are named in a namespace that others use too.
 * @throws Error ERR_NETWORK for the host's namespace, where that is not allowed
 */
export function wantsShare(
  { mode, hostNetwork }: Options,
  ports: readonly Port[],
  { joinedNetns }: Pick<Container, 'joinedNetns'>,
  isHost: boolean,
): boolean {
  if (isHost && hostNetwork === 'refuse') {
    throw Object.assign(new Error("the container is to use the host's network, and a unikernel has a network stack of its own"), {
      code: 'ERR_NETWORK',
      hint: 'publish its ports instead (docker run -p), or set hostNetwork of the plugin network-tap to "nat" in runnc.config',
    });
  }
  return isHost || mode === 'nat' || (mode === 'auto' && ports.length > 0 && joinedNetns !== undefined);
}

/** The one device that a share is for. @throws Error ERR_NETWORK */
export function onlyDevice(names: readonly string[]): string | undefined {
  if (names.length <= 1) return names[0];
  throw Object.assign(
    new Error(`a unikernel that shares a network namespace has one network device, and this one declares ${names.join(' and ')}`),
    { code: 'ERR_NETWORK', hint: 'give it a network namespace of its own' },
  );
}
