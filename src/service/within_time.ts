/** Resolves with the work, or when `deadline` (ms of performance.now()) or `atMost` ms are over, whatever is first. */
export async function withinTime(work: Promise<unknown>, deadline: number, atMost = 2000): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(atMost, Math.max(0, deadline - performance.now())));
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
