#ifndef SONDE_NATIVE_RING_H
#define SONDE_NATIVE_RING_H

#include "mapping.h"
#include "watcher.h"

#include <napi.h>

#include <memory>

namespace sonde
{

struct ObjectHandle;

/*
 * A BPF_MAP_TYPE_RINGBUF, read in place (Documentation/bpf/ringbuf.rst). Cursors and busy bits are touched
 * here alone, with the ordering that the kernel's side expects; JavaScript reads committed records and never
 * writes.
 */
class Ring : public Napi::ObjectWrap<Ring>
{
      public:
	static Napi::Function Define(Napi::Env env);
	/* Maps the ring behind `fd`; undefined and a pending exception on failure. */
	static Napi::Value New(Napi::Env env, int fd, uint32_t size,
			       const std::shared_ptr<ObjectHandle> &object);
	explicit Ring(const Napi::CallbackInfo &info);
	~Ring() override;
	void CloseHandle(Napi::Env env);

      private:
	bool Open(Napi::Env env, int fd, uint32_t size);
	Napi::Value Data(const Napi::CallbackInfo &info);
	Napi::Value Size(const Napi::CallbackInfo &info);
	Napi::Value Acquire(const Napi::CallbackInfo &info);
	Napi::Value Position(const Napi::CallbackInfo &info);
	void Release(const Napi::CallbackInfo &info);
	void Watch(const Napi::CallbackInfo &info);
	void Close(const Napi::CallbackInfo &info);
	void StopWatcher();

	UniqueFd fd_;
	uint32_t size_ = 0;
	std::shared_ptr<Mapping> consumer_;
	std::shared_ptr<Mapping> producer_;
	std::unique_ptr<MappedBuffer> buffer_;
	/* End of what an acquire() has found committed: headers before it are not read again. */
	uint64_t committed_ = 0;
	Watcher *watcher_ = nullptr;
	std::weak_ptr<ObjectHandle> object_;
};

} // namespace sonde

#endif
