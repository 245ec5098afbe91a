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

/* nullptr where no object can be made: an exception is pending, or the environment is being terminated. */
template <typename T> T *Construct(const Napi::FunctionReference &constructor, Napi::Value *instance)
{
	*instance = constructor.New({});
	return instance->IsEmpty() ? nullptr : T::Unwrap(instance->As<Napi::Object>());
}

Napi::Value ClockOffset(const Napi::CallbackInfo &info);
Napi::Value MonotonicNow(const Napi::CallbackInfo &info);
Napi::Value ExchangeByte(const Napi::CallbackInfo &info);
Napi::Value EnableStats(const Napi::CallbackInfo &info);
Napi::Value HasFunction(const Napi::CallbackInfo &info);
Napi::Value HasTracepoint(const Napi::CallbackInfo &info);

} // namespace sonde

#endif
