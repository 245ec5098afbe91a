#include "map.h"

#include "addon.h"
#include "error.h"
#include "ring.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdio>
#include <sys/mman.h>

namespace sonde
{

/* What the kernel charges for the map; 0 where /proc is not mounted. */
static double MemoryBytes(int fd)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "re");
	if (file == nullptr)
		return 0;
	char line[128];
	unsigned long long bytes = 0;
	while (fgets(line, sizeof(line), file) != nullptr && sscanf(line, "memlock: %llu", &bytes) != 1)
		;
	fclose(file);
	return static_cast<double>(bytes);
}

Napi::Value DescribeMap(Napi::Env env, int fd)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);
	if (fd < 0)
		return Throw(env, "bpf_obj_get_info_by_fd", EBADF);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return Throw(env, "bpf_obj_get_info_by_fd", errno);
	Napi::Object object = Napi::Object::New(env);
	object.Set("name", Napi::String::New(env, info.name));
	object.Set("type", Napi::Number::New(env, info.type));
	object.Set("keySize", Napi::Number::New(env, info.key_size));
	object.Set("valueSize", Napi::Number::New(env, info.value_size));
	object.Set("maxEntries", Napi::Number::New(env, info.max_entries));
	object.Set("memoryBytes", Napi::Number::New(env, MemoryBytes(fd)));
	return object;
}

Napi::Function Map::Define(Napi::Env env)
{
	return DefineClass(env, "Map",
			   {
			       InstanceMethod<&Map::Info>("info"),
			       InstanceMethod<&Map::Lookup>("lookup"),
			       InstanceMethod<&Map::Mmap>("mmap"),
			       InstanceMethod<&Map::OpenRing>("ring"),
			   });
}

Napi::Value Map::New(Napi::Env env, const std::shared_ptr<ObjectHandle> &object, struct bpf_map *map)
{
	Napi::EscapableHandleScope scope(env);
	Napi::Value instance;
	Map *self = Construct<Map>(State::Of(env)->map, &instance);
	if (self == nullptr)
		return env.Undefined();
	self->object_ = object;
	self->map_ = map;
	return scope.Escape(instance);
}

Map::Map(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Map>(info)
{
}

int Map::fd() const
{
	return object_ != nullptr && object_->object != nullptr ? bpf_map__fd(map_) : -1;
}

size_t Map::KeyBytes() const
{
	return bpf_map__key_size(map_);
}

size_t Map::ValueBytes() const
{
	const size_t size = bpf_map__value_size(map_);
	switch (bpf_map__type(map_)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return ((size + 7) & ~size_t{7}) * static_cast<size_t>(libbpf_num_possible_cpus());
	default:
		return size;
	}
}

void *Map::Argument(const Napi::CallbackInfo &info, size_t index, size_t bytes, const char *call)
{
	if (!info[index].IsTypedArray()) {
		ThrowInvalid(info.Env(), call);
		return nullptr;
	}
	auto array = info[index].As<Napi::TypedArray>();
	if (array.ByteLength() < bytes) {
		ThrowInvalid(info.Env(), call);
		return nullptr;
	}
	return static_cast<char *>(array.ArrayBuffer().Data()) + array.ByteOffset();
}

Napi::Value Map::Info(const Napi::CallbackInfo &info)
{
	return DescribeMap(info.Env(), fd());
}

Napi::Value Map::Lookup(const Napi::CallbackInfo &info)
{
	if (fd() < 0)
		return Throw(info.Env(), "bpf_map_lookup_elem", EBADF);
	void *key = Argument(info, 0, KeyBytes(), "bpf_map_lookup_elem");
	void *value = key == nullptr ? nullptr : Argument(info, 1, ValueBytes(), "bpf_map_lookup_elem");
	if (value == nullptr)
		return info.Env().Undefined();
	if (bpf_map_lookup_elem(fd(), key, value) == 0)
		return Napi::Boolean::New(info.Env(), true);
	if (errno == ENOENT)
		return Napi::Boolean::New(info.Env(), false);
	return Throw(info.Env(), "bpf_map_lookup_elem", errno);
}

Napi::Value Map::Mmap(const Napi::CallbackInfo &info)
{
	if (fd() < 0)
		return Throw(info.Env(), "mmap", EBADF);
	/* The kernel lays array values out 8-aligned (kernel/bpf/arraymap.c). */
	const size_t stride = (bpf_map__value_size(map_) + 7) & ~size_t{7};
	const size_t bytes = stride * bpf_map__max_entries(map_);
	auto mapping = Mapping::Map(fd(), bytes, PROT_READ | PROT_WRITE, 0);
	if (mapping == nullptr)
		return Throw(info.Env(), "mmap", errno);
	object_->mappings.emplace_back(info.Env(), std::move(mapping), 0, bytes);
	return object_->mappings.back().Value(info.Env());
}

Napi::Value Map::OpenRing(const Napi::CallbackInfo &info)
{
	if (fd() < 0)
		return Throw(info.Env(), "ring", EBADF);
	if (bpf_map__type(map_) != BPF_MAP_TYPE_RINGBUF)
		return ThrowInvalid(info.Env(), "ring");
	return Ring::New(info.Env(), fd(), bpf_map__max_entries(map_), object_);
}

} // namespace sonde
