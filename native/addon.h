#ifndef SONDE_NATIVE_ADDON_H
#define SONDE_NATIVE_ADDON_H

#include <napi.h>

namespace sonde
{

/* What one environment (main thread or worker) owns; freed with it. */
struct State {
	Napi::FunctionReference object;
	Napi::FunctionReference map;
	Napi::FunctionReference ring;
	Napi::FunctionReference link;

	static State *Of(Napi::Env env)
	{
		return env.GetInstanceData<State>();
	}
};

Napi::Value ClockOffset(const Napi::CallbackInfo &info);
Napi::Value MonotonicNow(const Napi::CallbackInfo &info);
Napi::Value ExchangeByte(const Napi::CallbackInfo &info);
Napi::Value EnableStats(const Napi::CallbackInfo &info);
Napi::Value HasFunction(const Napi::CallbackInfo &info);
Napi::Value HasTracepoint(const Napi::CallbackInfo &info);

} // namespace sonde

#endif
