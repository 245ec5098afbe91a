#ifndef SONDE_NATIVE_ERROR_H
#define SONDE_NATIVE_ERROR_H

#include <napi.h>

namespace sonde
{

/* Routes libbpf's messages to the buffer of the calling thread instead of stderr. Once per process. */
void InstallLogCapture();

/* Forgets what libbpf said on this thread; call before an operation whose log should go into its error. */
void ClearLog();

/* Throws an AddonError (src/kernel/addon.ts) for a positive or negative errno value; returns undefined. */
Napi::Value Throw(Napi::Env env, const char *syscall, int error);

/* The same for wrong arguments, which the callers in src/kernel/ never give. */
Napi::Value ThrowInvalid(Napi::Env env, const char *what);

} // namespace sonde

#endif
