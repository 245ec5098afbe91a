#include "addon.h"
#include "error.h"
#include "mapping.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <memory>
#include <sys/socket.h>

namespace sonde
{

/*
 * One byte through a pair of Unix stream sockets: two socket operations that a working back end must see, in
 * any network namespace and without one that is up. A pair is not possible from JavaScript.
 */
Napi::Value ExchangeByte(const Napi::CallbackInfo &info)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return Throw(info.Env(), "socketpair", errno);
	UniqueFd sender(ends[0]);
	UniqueFd receiver(ends[1]);
	char byte = 0;
	if (write(sender.get(), &byte, 1) != 1)
		return Throw(info.Env(), "write", errno);
	if (read(receiver.get(), &byte, 1) != 1)
		return Throw(info.Env(), "read", errno);
	return info.Env().Undefined();
}

/* The kernel stops counting when the last such descriptor is closed. */
Napi::Value EnableStats(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (fd < 0)
		return Throw(env, "bpf_enable_stats", errno);
	auto owner = std::make_shared<UniqueFd>(fd);
	Napi::Object stats = Napi::Object::New(env);
	stats.Set("close", Napi::Function::New(
			       env, [owner](const Napi::CallbackInfo &) { owner->Reset(); }, "close"));
	return stats;
}

} // namespace sonde
