/**
 * Every error of the kernel side and of the components that has a remedy of its own: one table. `{name}` in a text is
 * filled from `details`. Thrown only while configuring and starting, and by `sonde replay`; the data path counts. What is wrong in a
 * configuration file tells its place instead (src/config/problem.ts). docs/errors.md is generated from this table.
 */
export const errors = {
  E_NO_PERMISSION: {
    message: 'the kernel refused {what}: {reason}',
    remedy: 'run as root or grant CAP_BPF and CAP_PERFMON (and allow bpf(2) in the seccomp profile)',
  },
  E_NO_BTF: {
    message: 'the kernel has no type information at {path}',
    remedy: 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, or mount /sys into the container',
  },
  E_KERNEL_TOO_OLD: {
    message: 'kernel {release} has no usable hook: {reason}',
    remedy: 'Sonde needs Linux 5.15 or later, on arm64 6.3 or later; `sonde doctor` shows which hooks work here',
  },
  E_TAP_CONFIG: {
    message: 'the tap cannot be configured: {problem}',
    remedy: 'correct the keys of the ebpf_* receivers',
  },
  E_TAP_FAILED: {
    message: 'the tap failed: {reason}',
    remedy: 'run `sonde doctor`; if it finds nothing, report this with the output of `sonde --version`',
  },
  E_CAPTURE_UNREADABLE: {
    message: 'cannot read {file}: {reason}',
    remedy: 'give a capture file (.gz too), or - for standard input',
  },
  E_CAPTURE_FORMAT: {
    message: '{file} is no capture that Sonde reads: {problem}',
    remedy: 'save it as pcap or pcapng: `tcpdump -w`, or `editcap -F pcapng` for other formats',
  },
  E_CAPTURE_BROKEN: {
    message: '{file} is broken at byte {offset}: {problem}',
    remedy:
      'what came before was read and is printed; copy the file again, or capture again and stop the capture orderly',
  },
} as const satisfies Record<string, { message: string; remedy: string }>;

export type ErrorCode = keyof typeof errors;

export class SondeError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const entry = errors[code];
    super(
      entry.message.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? `{${name}}`)),
      { cause },
    );
    this.name = 'SondeError';
    this.code = code;
    this.remedy = entry.remedy;
  }
}
