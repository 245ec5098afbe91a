/** Waits for the work until `deadline` (ms of performance.now()), and at most `atMost` ms. False: it has not ended by then. */
export async function withinTime(work: Promise<unknown>, deadline: number, atMost = 2000): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(atMost, Math.max(0, deadline - performance.now())));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
