export const REDACTED = '[REDACTED]';

/** `user:password@` before a host, with or without a scheme. A password with one of the excluded characters would be no URL. */
const userInfo = /[^\s/@"'`()]+@(?=[\w.[$])/g;
/** Values of a URL's query: keys of APIs are given there, too. */
const url = /^[A-Za-z][\w+.-]*:\/\//;
const queryValue = /([?&][^=&#]+=)[^&#]+/g;

/** Of a message that quotes what was written. */
export function hideUserInfo(text: string): string {
  return text.replaceAll(userInfo, `${REDACTED}@`);
}

/** Of a value that may be a URL, whatever key it is the value of. */
export function hideInUrl(value: string): string {
  return url.test(value) ? hideUserInfo(value).replaceAll(queryValue, `$1${REDACTED}`) : value;
}
