/** Ends the wait for those who give no answer. */

/** What `call` gives, or an error after `limit` milliseconds. It cannot end what it waited for: the command ends soon after. */
export async function within<Result>(limit: number, call: () => Result | Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      call(),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${limit / 1000} s`)), limit);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
