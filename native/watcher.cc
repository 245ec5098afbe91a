#include "watcher.h"

#include "error.h"

#include <cerrno>
#include <sys/epoll.h>

namespace sonde
{

Watcher::Watcher(Napi::Env env, UniqueFd epoll, Napi::Function callback, Watcher **slot)
    : env_(env), epoll_(std::move(epoll)), callback_(Napi::Persistent(callback)), slot_(slot)
{
}

void Watcher::Start(Napi::Env env, int fd, Napi::Function callback, Watcher **slot)
{
	UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
	struct epoll_event event = {};
	event.events = EPOLLIN | EPOLLET;
	if (epoll.get() < 0 || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
		Throw(env, "epoll_ctl", errno);
		return;
	}
	uv_loop_s *loop = nullptr;
	if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
		Throw(env, "napi_get_uv_event_loop", ENOTSUP);
		return;
	}
	auto *watcher = new Watcher(env, std::move(epoll), callback, slot);
	int result = uv_poll_init(loop, &watcher->poll_, watcher->epoll_.get());
	if (result != 0) {
		delete watcher;
		Throw(env, "uv_poll_init", result);
		return;
	}
	watcher->poll_.data = watcher;
	*slot = watcher;
	napi_add_async_cleanup_hook(env, OnTeardown, watcher, &watcher->hook_);
	result = uv_poll_start(&watcher->poll_, UV_READABLE, OnReadable);
	if (result != 0) {
		watcher->Stop();
		Throw(env, "uv_poll_start", result);
		return;
	}
	uv_unref(reinterpret_cast<uv_handle_t *>(&watcher->poll_));
}

void Watcher::OnReadable(uv_poll_t *handle, int status, int)
{
	auto *self = static_cast<Watcher *>(handle->data);
	if (status < 0 || self->closing_)
		return;
	/* Takes the edge, so that the next wake-up is a new one. */
	struct epoll_event event;
	epoll_wait(self->epoll_.get(), &event, 1, 0);
	Napi::Env env = self->env_;
	Napi::HandleScope scope(env);
	/* The callback may stop this watcher: nothing of it is touched after the call. */
	self->callback_.MakeCallback(env.Global(), 0, nullptr);
	if (env.IsExceptionPending())
		napi_fatal_exception(env, env.GetAndClearPendingException().Value());
}

void Watcher::OnTeardown(napi_async_cleanup_hook_handle, void *self)
{
	static_cast<Watcher *>(self)->Stop();
}

void Watcher::Stop()
{
	if (closing_)
		return;
	closing_ = true;
	*slot_ = nullptr;
	callback_.Reset();
	uv_close(reinterpret_cast<uv_handle_t *>(&poll_), [](uv_handle_t *handle) {
		auto *self = static_cast<Watcher *>(handle->data);
		napi_async_cleanup_hook_handle hook = self->hook_;
		delete self;
		napi_remove_async_cleanup_hook(hook);
	});
}

} // namespace sonde
