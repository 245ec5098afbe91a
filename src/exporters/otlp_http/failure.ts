import { ConsumeError } from '../../service/component.ts';

/** In Go's words. */
export function failure(url: URL, reason: string, cause?: unknown): ConsumeError {
  return new ConsumeError(`failed to make an HTTP request: Post "${url.origin}${url.pathname}": ${reason}`, {
    permanent: false,
    cause,
  });
}
