#include "addon.h"
#include "error.h"

#include <bpf/btf.h>

#include <cerrno>
#include <memory>
#include <string>

namespace sonde
{

/* Asked a few times at start: not kept, the kernel's types take some megabytes. */
static Napi::Value Has(Napi::Env env, const std::string &name, uint32_t kind)
{
	ClearLog();
	std::unique_ptr<struct btf, decltype(&btf__free)> btf(btf__load_vmlinux_btf(), btf__free);
	if (btf == nullptr)
		return Throw(env, "btf__load_vmlinux_btf", errno);
	return Napi::Boolean::New(env, btf__find_by_name_kind(btf.get(), name.c_str(), kind) > 0);
}

Napi::Value HasFunction(const Napi::CallbackInfo &info)
{
	return Has(info.Env(), info[0].ToString(), BTF_KIND_FUNC);
}

Napi::Value HasTracepoint(const Napi::CallbackInfo &info)
{
	return Has(info.Env(), "btf_trace_" + info[0].ToString().Utf8Value(), BTF_KIND_TYPEDEF);
}

} // namespace sonde
