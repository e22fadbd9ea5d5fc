/** Which containers are handed to another OCI runtime at `create`. */
import { RunncError } from '../../errors.ts';
import type { Container, Delegate } from '../../plugin.ts';
import { isTapped } from '../runtime/hooks.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Annotations by which a container is the one that holds a pod's namespaces (containerd pkg/cri/annotations; CRI-O pkg/annotations). */
const sandboxAnnotations = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'];

/** Who takes a pod's sandbox: known by its annotation or, with engines that have none, by the pause program's arguments. */
export async function delegateOfSandbox(runtime: Runtime, container: Container): Promise<Delegate | undefined> {
  const { args, annotations } = container;
  const isSandbox =
    sandboxAnnotations.some((name) => annotations[name] === 'sandbox') || (args.length === 1 && args[0] === '/pause');
  return isSandbox && isTapped(runtime.hooks.delegate) ? runtime.hooks.delegate.promise(container, 'sandbox') : undefined;
}

/** Who takes a container whose program was refused with this error, because it is no unikernel. */
export async function delegateOfOther(runtime: Runtime, container: Container, error: unknown): Promise<Delegate | undefined> {
  const isOther = error instanceof RunncError && ['ERR_NOT_A_UNIKERNEL', 'ERR_ELF'].includes(error.code);
  return isOther && isTapped(runtime.hooks.delegate) ? runtime.hooks.delegate.promise(container, 'no unikernel') : undefined;
}
