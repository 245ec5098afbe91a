#include "addon.h"

#include <cstdint>
#include <ctime>

namespace sonde
{

static constexpr int kClockPairs = 16;

static int64_t Read(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
}

/* The realtime read between the two closest monotonic ones: off by at most half of their distance. */
Napi::Value ClockOffset(const Napi::CallbackInfo &info)
{
	int64_t tightest = INT64_MAX;
	int64_t offset = 0;
	for (int i = 0; i < kClockPairs; i++) {
		const int64_t before = Read(CLOCK_MONOTONIC);
		const int64_t wall = Read(CLOCK_REALTIME);
		const int64_t after = Read(CLOCK_MONOTONIC);
		if (after - before < tightest) {
			tightest = after - before;
			offset = wall - (before + tightest / 2);
		}
	}
	const auto bits = static_cast<uint64_t>(offset);
	Napi::Array halves = Napi::Array::New(info.Env(), 2);
	halves.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(bits >> 32)));
	halves.Set(1u, Napi::Number::New(info.Env(), static_cast<double>(bits & UINT32_MAX)));
	return halves;
}

Napi::Value MonotonicNow(const Napi::CallbackInfo &info)
{
	return Napi::Number::New(info.Env(), static_cast<double>(Read(CLOCK_MONOTONIC)));
}

} // namespace sonde
