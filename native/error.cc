#include "error.h"

#include <bpf/libbpf.h>
#include <uv.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace sonde
{

/* The kernel's own ENOTSUPP, which user space has no name for. */
static constexpr int kKernelNotSupported = 524;
static constexpr size_t kLogBytes = 4096;

static thread_local std::string log_tail;

/*
 * libbpf loads a refused program again with a growing log and then prints the log in one call: keeping the
 * end of what it prints needs no buffer size chosen in advance.
 */
static int Capture(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	char *text = nullptr;
	int length = vasprintf(&text, format, args);
	if (length < 0)
		return 0;
	log_tail.append(text, static_cast<size_t>(length));
	free(text);
	if (log_tail.size() > kLogBytes)
		log_tail.erase(0, log_tail.size() - kLogBytes);
	return 0;
}

void InstallLogCapture()
{
	static std::once_flag once;
	std::call_once(once, [] { libbpf_set_print(Capture); });
}

void ClearLog()
{
	log_tail.clear();
}

static std::string Name(int error)
{
	if (error == kKernelNotSupported)
		return "ENOTSUPP";
	if (error >= __LIBBPF_ERRNO__START)
		return "ELIBBPF";
	char name[64];
	return uv_err_name_r(-error, name, sizeof(name));
}

Napi::Value Throw(Napi::Env env, const char *syscall, int error)
{
	if (error < 0)
		error = -error;
	char reason[128];
	libbpf_strerror(error, reason, sizeof(reason));
	std::string code = Name(error);
	Napi::Error exception = Napi::Error::New(env, std::string(syscall) + ": " + code + ", " + reason);
	exception.Set("code", Napi::String::New(env, code));
	exception.Set("errno", Napi::Number::New(env, error));
	exception.Set("syscall", Napi::String::New(env, syscall));
	if (!log_tail.empty())
		exception.Set("log", Napi::String::New(env, log_tail));
	ClearLog();
	exception.ThrowAsJavaScriptException();
	return env.Undefined();
}

Napi::Value ThrowInvalid(Napi::Env env, const char *what)
{
	ClearLog();
	return Throw(env, what, UV_EINVAL);
}

} // namespace sonde
