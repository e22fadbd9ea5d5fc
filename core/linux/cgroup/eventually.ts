/** Waiting for the kernel to be done with something that it gives no notice of. */

const longestPause = 100;

/** Looks, at first after 1 ms and then ever more seldom, until `check` says yes or `patience` milliseconds have passed; returns its last word. */
export async function eventually(check: () => boolean, patience: number): Promise<boolean> {
  const deadline = performance.now() + patience;
  for (let pause = 1; ; pause = Math.min(pause * 2, longestPause)) {
    if (check()) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
