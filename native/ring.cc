#include "ring.h"

#include "addon.h"
#include "error.h"
#include "object.h"

#include <linux/bpf.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>

namespace sonde
{

Napi::Function Ring::Define(Napi::Env env)
{
	return DefineClass(env, "Ring",
			   {
			       InstanceAccessor<&Ring::Data>("data"),
			       InstanceAccessor<&Ring::Size>("size"),
			       InstanceMethod<&Ring::Acquire>("acquire"),
			       InstanceMethod<&Ring::Release>("release"),
			       InstanceMethod<&Ring::Position>("position"),
			       InstanceMethod<&Ring::Watch>("watch"),
			       InstanceMethod<&Ring::Close>("close"),
			   });
}

Napi::Value Ring::New(Napi::Env env, int fd, uint32_t size, const std::shared_ptr<ObjectHandle> &object)
{
	Napi::EscapableHandleScope scope(env);
	Napi::Value instance;
	Ring *self = Construct<Ring>(State::Of(env)->ring, &instance);
	if (self == nullptr)
		return env.Undefined();
	if (!self->Open(env, fd, size))
		return env.Undefined();
	self->object_ = object;
	object->rings.insert(self);
	return scope.Escape(instance);
}

Ring::Ring(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Ring>(info)
{
}

Ring::~Ring()
{
	StopWatcher();
	if (auto object = object_.lock())
		object->rings.erase(this);
}

bool Ring::Open(Napi::Env env, int fd, uint32_t size)
{
	const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	size_ = size;
	fd_.Reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (fd_.get() < 0) {
		Throw(env, "fcntl", errno);
		return false;
	}
	consumer_ = Mapping::Map(fd_.get(), page, PROT_READ | PROT_WRITE, 0);
	if (consumer_ != nullptr)
		producer_ =
		    Mapping::Map(fd_.get(), page + 2 * size_t{size}, PROT_READ, static_cast<off_t>(page));
	if (producer_ == nullptr) {
		Throw(env, "mmap", errno);
		return false;
	}
	buffer_ = std::make_unique<MappedBuffer>(env, producer_, page, 2 * size_t{size});
	committed_ = __atomic_load_n(reinterpret_cast<uint64_t *>(consumer_->address()), __ATOMIC_RELAXED);
	return !env.IsExceptionPending();
}

Napi::Value Ring::Data(const Napi::CallbackInfo &info)
{
	return buffer_ == nullptr ? info.Env().Undefined() : buffer_->Value(info.Env());
}

Napi::Value Ring::Size(const Napi::CallbackInfo &info)
{
	return Napi::Number::New(info.Env(), size_);
}

Napi::Value Ring::Acquire(const Napi::CallbackInfo &info)
{
	if (producer_ == nullptr)
		return Throw(info.Env(), "acquire", EBADF);
	const size_t page = producer_->length() - 2 * size_t{size_};
	const char *data = producer_->address() + page;
	const uint64_t end =
	    __atomic_load_n(reinterpret_cast<uint64_t *>(producer_->address()), __ATOMIC_ACQUIRE);
	uint64_t at = committed_;
	while (at < end) {
		auto *header = reinterpret_cast<const uint32_t *>(data + (at & (size_ - 1)));
		const uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		const uint32_t bytes = (length & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ;
		at += (bytes + 7) & ~7u;
	}
	committed_ = at;
	return Napi::Number::New(info.Env(), static_cast<double>(at));
}

Napi::Value Ring::Position(const Napi::CallbackInfo &info)
{
	if (consumer_ == nullptr)
		return Throw(info.Env(), "position", EBADF);
	auto *position = reinterpret_cast<uint64_t *>(consumer_->address());
	return Napi::Number::New(info.Env(),
				 static_cast<double>(__atomic_load_n(position, __ATOMIC_RELAXED)));
}

void Ring::Release(const Napi::CallbackInfo &info)
{
	if (consumer_ == nullptr) {
		Throw(info.Env(), "release", EBADF);
		return;
	}
	auto *position = reinterpret_cast<uint64_t *>(consumer_->address());
	const double value = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
	/* A position beyond what acquire() gave would hand records to the kernel that are still being
	 * written. */
	if (!(value >= static_cast<double>(*position) && value <= static_cast<double>(committed_))) {
		ThrowInvalid(info.Env(), "release");
		return;
	}
	__atomic_store_n(position, static_cast<uint64_t>(value), __ATOMIC_RELEASE);
}

void Ring::Watch(const Napi::CallbackInfo &info)
{
	if (fd_.get() < 0) {
		Throw(info.Env(), "watch", EBADF);
		return;
	}
	if (!info[0].IsFunction()) {
		ThrowInvalid(info.Env(), "watch");
		return;
	}
	StopWatcher();
	Watcher::Start(info.Env(), fd_.get(), info[0].As<Napi::Function>(), &watcher_);
}

void Ring::StopWatcher()
{
	if (watcher_ != nullptr)
		watcher_->Stop();
}

void Ring::Close(const Napi::CallbackInfo &info)
{
	CloseHandle(info.Env());
}

void Ring::CloseHandle(Napi::Env env)
{
	StopWatcher();
	if (buffer_ != nullptr)
		buffer_->Close(env);
	buffer_.reset();
	producer_.reset();
	consumer_.reset();
	fd_.Reset();
}

} // namespace sonde
