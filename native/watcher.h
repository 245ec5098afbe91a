#ifndef SONDE_NATIVE_WATCHER_H
#define SONDE_NATIVE_WATCHER_H

#include "mapping.h"

#include <napi.h>
#include <uv.h>

namespace sonde
{

/*
 * Calls a function when a ring's descriptor wakes its waiters. The descriptor is readable as long as anything
 * is unread, also what was submitted without a wake-up, so polling it level-triggered would spin; an
 * edge-triggered epoll descriptor in between reports wake-ups alone. Does not keep the event loop alive.
 *
 * libuv closes a handle asynchronously: a watcher frees itself in the close callback, and an asynchronous
 * cleanup hook lets the environment wait for that.
 */
class Watcher
{
      public:
	/*
	 * `*slot` becomes the watcher, and nullptr again when it stops for whatever reason; it must live that
	 * long. nullptr and a pending exception on failure.
	 */
	static void Start(Napi::Env env, int fd, Napi::Function callback, Watcher **slot);
	/* The callback is not called any more; the watcher frees itself. */
	void Stop();

      private:
	Watcher(Napi::Env env, UniqueFd epoll, Napi::Function callback, Watcher **slot);
	static void OnReadable(uv_poll_t *handle, int status, int events);
	static void OnTeardown(napi_async_cleanup_hook_handle hook, void *self);

	Napi::Env env_;
	UniqueFd epoll_;
	Napi::FunctionReference callback_;
	Watcher **slot_;
	uv_poll_t poll_ = {};
	napi_async_cleanup_hook_handle hook_ = nullptr;
	bool closing_ = false;
};

} // namespace sonde

#endif
