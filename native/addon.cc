/* The contract is src/kernel/addon.ts. No logic here: src/kernel/ decides, this opens, loads, maps and
 * closes. */
#include "addon.h"

#include "error.h"
#include "map.h"
#include "memory.h"
#include "object.h"
#include "ring.h"

#include <bpf/libbpf.h>

#include <cstdint>
#include <linux/types.h>

#include "events.h"

namespace sonde
{

static Napi::Value PossibleCpus(const Napi::CallbackInfo &info)
{
	int cpus = libbpf_num_possible_cpus();
	if (cpus < 0)
		return Throw(info.Env(), "libbpf_num_possible_cpus", cpus);
	return Napi::Number::New(info.Env(), cpus);
}

static Napi::Object Sizes(Napi::Env env)
{
	struct {
		const char *name;
		size_t size;
	} const sizes[] = {
	    {"sonde_process", sizeof(struct sonde_process)},
	    {"sonde_conn", sizeof(struct sonde_conn)},
	    {"sonde_unix_conn", sizeof(struct sonde_unix_conn)},
	    {"sonde_data", sizeof(struct sonde_data)},
	    {"sonde_end", sizeof(struct sonde_end)},
	    {"sonde_exec", sizeof(struct sonde_exec)},
	    {"sonde_fork", sizeof(struct sonde_fork)},
	    {"sonde_exit", sizeof(struct sonde_exit)},
	    {"sonde_progress", sizeof(struct sonde_progress)},
	    {"sonde_counters", sizeof(struct sonde_counters)},
	    {"sonde_config", sizeof(struct sonde_config)},
	    {"sonde_policy", sizeof(struct sonde_policy)},
	};
	Napi::Object object = Napi::Object::New(env);
	for (const auto &entry : sizes)
		object.Set(entry.name, Napi::Number::New(env, static_cast<double>(entry.size)));
	return object;
}

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	InstallLogCapture();
	TuneAllocator();
	auto *state = new State;
	state->object = Napi::Persistent(Object::Define(env));
	state->map = Napi::Persistent(Map::Define(env));
	state->ring = Napi::Persistent(Ring::Define(env));
	state->link = Napi::Persistent(Link::Define(env));
	env.SetInstanceData(state);
	exports.Set("open", Napi::Function::New<Object::Open>(env, "open"));
	exports.Set("sizeof", Sizes(env));
	exports.Set("possibleCpus", Napi::Function::New<PossibleCpus>(env, "possibleCpus"));
	exports.Set("clockOffset", Napi::Function::New<ClockOffset>(env, "clockOffset"));
	exports.Set("monotonicNow", Napi::Function::New<MonotonicNow>(env, "monotonicNow"));
	exports.Set("exchangeByte", Napi::Function::New<ExchangeByte>(env, "exchangeByte"));
	exports.Set("enableStats", Napi::Function::New<EnableStats>(env, "enableStats"));
	exports.Set("hasFunction", Napi::Function::New<HasFunction>(env, "hasFunction"));
	exports.Set("hasTracepoint", Napi::Function::New<HasTracepoint>(env, "hasTracepoint"));
	return exports;
}

NODE_API_MODULE(sonde, Init)

} // namespace sonde
