/** koffi, loaded at first use: in the single executable two to three milliseconds, which only C libraries and calls on other threads are worth. */
type Koffi = typeof import('koffi').default;

let loaded: Koffi | undefined;

export async function loadKoffi(): Promise<Koffi> {
  loaded ??= (await import('#koffi')).default;
  return loaded;
}
