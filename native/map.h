#ifndef SONDE_NATIVE_MAP_H
#define SONDE_NATIVE_MAP_H

#include "object.h"

namespace sonde
{

/* A loaded map; its descriptor is the object's. */
class Map : public Napi::ObjectWrap<Map>
{
      public:
	static Napi::Function Define(Napi::Env env);
	static Napi::Value New(Napi::Env env, const std::shared_ptr<ObjectHandle> &object,
			       struct bpf_map *map);
	explicit Map(const Napi::CallbackInfo &info);
	/* -1 after the object was closed. */
	int fd() const;

      private:
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value Lookup(const Napi::CallbackInfo &info);
	Napi::Value Mmap(const Napi::CallbackInfo &info);
	Napi::Value OpenRing(const Napi::CallbackInfo &info);

	/* A pointer to `bytes` bytes or nullptr with a pending exception. */
	void *Argument(const Napi::CallbackInfo &info, size_t index, size_t bytes, const char *call);
	size_t KeyBytes() const;
	/* As the kernel copies it: for per-CPU maps one 8-aligned value per possible CPU. */
	size_t ValueBytes() const;

	std::shared_ptr<ObjectHandle> object_;
	struct bpf_map *map_ = nullptr;
};

/* MapInfo of src/kernel/addon.ts; undefined and a pending exception on failure. */
Napi::Value DescribeMap(Napi::Env env, int fd);

} // namespace sonde

#endif
