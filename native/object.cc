#include "object.h"

#include "addon.h"
#include "error.h"
#include "map.h"
#include "ring.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>

namespace sonde
{

void ObjectHandle::Close(Napi::Env env)
{
	const std::set<Ring *> open = std::move(rings);
	rings.clear();
	for (Ring *ring : open)
		ring->CloseHandle(env);
	for (MappedBuffer &mapping : mappings)
		mapping.Close(env);
	mappings.clear();
	links.clear();
	iterators.clear();
	object.reset();
}

Napi::Function Object::Define(Napi::Env env)
{
	return DefineClass(env, "Object",
			   {
			       InstanceMethod<&Object::SetMaxEntries>("setMaxEntries"),
			       InstanceMethod<&Object::SetAutoload>("setAutoload"),
			       InstanceMethod<&Object::SetAttachTarget>("setAttachTarget"),
			       InstanceMethod<&Object::ReuseMap>("reuseMap"),
			       InstanceMethod<&Object::Load>("load"),
			       InstanceMethod<&Object::Attach>("attach"),
			       InstanceMethod<&Object::Iterate>("iterate"),
			       InstanceMethod<&Object::FindMap>("map"),
			       InstanceMethod<&Object::Programs>("programs"),
			       InstanceMethod<&Object::Maps>("maps"),
			       InstanceMethod<&Object::Close>("close"),
			   });
}

Object::Object(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<Object>(info), handle_(std::make_shared<ObjectHandle>())
{
}

Napi::Value Object::Open(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	ClearLog();
	struct bpf_object *object = bpf_object__open(info[0].ToString().Utf8Value().c_str());
	if (object == nullptr)
		return Throw(env, "bpf_object__open", errno);
	Napi::Value instance;
	Object *self = Construct<Object>(State::Of(env)->object, &instance);
	if (self == nullptr) {
		bpf_object__close(object);
		return env.Undefined();
	}
	self->handle_->object.reset(object);
	return instance;
}

struct bpf_object *Object::Checked(Napi::Env env, bool loaded)
{
	ClearLog();
	if (handle_->object == nullptr)
		Throw(env, "object", EBADF);
	else if (handle_->loaded != loaded)
		Throw(env, loaded ? "object is not loaded" : "object is loaded", EINVAL);
	else
		return handle_->object.get();
	return nullptr;
}

struct bpf_program *Object::Program(const Napi::CallbackInfo &info, bool loaded)
{
	struct bpf_object *object = Checked(info.Env(), loaded);
	if (object == nullptr)
		return nullptr;
	struct bpf_program *program =
	    bpf_object__find_program_by_name(object, info[0].ToString().Utf8Value().c_str());
	if (program == nullptr)
		Throw(info.Env(), "bpf_object__find_program_by_name", ENOENT);
	return program;
}

struct bpf_map *Object::MapByName(const Napi::CallbackInfo &info, bool loaded)
{
	struct bpf_object *object = Checked(info.Env(), loaded);
	if (object == nullptr)
		return nullptr;
	struct bpf_map *map = bpf_object__find_map_by_name(object, info[0].ToString().Utf8Value().c_str());
	if (map == nullptr)
		Throw(info.Env(), "bpf_object__find_map_by_name", ENOENT);
	return map;
}

void Object::SetMaxEntries(const Napi::CallbackInfo &info)
{
	struct bpf_map *map = MapByName(info, false);
	if (map == nullptr)
		return;
	int error = bpf_map__set_max_entries(map, info[1].ToNumber().Uint32Value());
	if (error != 0)
		Throw(info.Env(), "bpf_map__set_max_entries", error);
}

void Object::SetAutoload(const Napi::CallbackInfo &info)
{
	struct bpf_program *program = Program(info, false);
	if (program == nullptr)
		return;
	int error = bpf_program__set_autoload(program, info[1].ToBoolean());
	if (error != 0)
		Throw(info.Env(), "bpf_program__set_autoload", error);
}

void Object::SetAttachTarget(const Napi::CallbackInfo &info)
{
	struct bpf_program *program = Program(info, false);
	if (program == nullptr)
		return;
	int error = bpf_program__set_attach_target(program, 0, info[1].ToString().Utf8Value().c_str());
	if (error != 0)
		Throw(info.Env(), "bpf_program__set_attach_target", error);
}

void Object::ReuseMap(const Napi::CallbackInfo &info)
{
	struct bpf_map *map = MapByName(info, false);
	if (map == nullptr)
		return;
	if (!info[1].IsObject() ||
	    !info[1].As<Napi::Object>().InstanceOf(State::Of(info.Env())->map.Value())) {
		ThrowInvalid(info.Env(), "reuseMap");
		return;
	}
	int error = bpf_map__reuse_fd(map, Map::Unwrap(info[1].As<Napi::Object>())->fd());
	if (error != 0)
		Throw(info.Env(), "bpf_map__reuse_fd", error);
}

void Object::Load(const Napi::CallbackInfo &info)
{
	struct bpf_object *object = Checked(info.Env(), false);
	if (object == nullptr)
		return;
	int error = bpf_object__load(object);
	if (error != 0)
		Throw(info.Env(), "bpf_object__load", error);
	else
		handle_->loaded = true;
}

Napi::Value Object::Attach(const Napi::CallbackInfo &info)
{
	struct bpf_program *program = Program(info, true);
	if (program == nullptr)
		return info.Env().Undefined();
	UniqueLink link(bpf_program__attach(program));
	if (link == nullptr)
		return Throw(info.Env(), "bpf_program__attach", errno);
	return Link::New(info.Env(), handle_, std::move(link));
}

/* `map`: the name of the map that is walked through, or undefined. NULL and errno on failure. */
static UniqueLink AttachIterator(const struct bpf_object &object, const struct bpf_program *program,
				 const Napi::Value &map)
{
	if (!map.IsString())
		return UniqueLink(bpf_program__attach_iter(program, nullptr));
	union bpf_iter_link_info info = {};
	info.map.map_fd = bpf_object__find_map_fd_by_name(&object, map.ToString().Utf8Value().c_str());
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));
	return UniqueLink(bpf_program__attach_iter(program, &options));
}

Napi::Value Object::Iterate(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	struct bpf_program *program = Program(info, true);
	if (program == nullptr)
		return env.Undefined();
	UniqueLink &link = handle_->iterators[bpf_program__name(program)];
	if (link == nullptr)
		link = AttachIterator(*handle_->object, program, info[2]);
	if (link == nullptr)
		return Throw(env, "bpf_program__attach_iter", errno);
	const std::string path = info[1].IsString() ? info[1].ToString().Utf8Value() : "";
	std::string output;
	const char *syscall = "";
	int error =
	    ReadIterator(bpf_link__fd(link.get()), path.empty() ? nullptr : path.c_str(), &output, &syscall);
	if (error != 0)
		return Throw(env, syscall, error);
	Napi::Uint8Array bytes = Napi::Uint8Array::New(env, output.size());
	if (!output.empty())
		memcpy(bytes.Data(), output.data(), output.size());
	return bytes;
}

Napi::Value Object::FindMap(const Napi::CallbackInfo &info)
{
	struct bpf_map *map = MapByName(info, true);
	return map == nullptr ? info.Env().Undefined() : Map::New(info.Env(), handle_, map);
}

static Napi::Value DescribeProgram(Napi::Env env, const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) != 0)
		return Throw(env, "bpf_obj_get_info_by_fd", errno);
	Napi::Object object = Napi::Object::New(env);
	object.Set("name", Napi::String::New(env, bpf_program__name(program)));
	object.Set("id", Napi::Number::New(env, info.id));
	object.Set("instructions", Napi::Number::New(env, info.xlated_prog_len / sizeof(struct bpf_insn)));
	object.Set("runTimeNs", Napi::Number::New(env, static_cast<double>(info.run_time_ns)));
	object.Set("runCount", Napi::Number::New(env, static_cast<double>(info.run_cnt)));
	object.Set("recursionMisses", Napi::Number::New(env, static_cast<double>(info.recursion_misses)));
	return object;
}

Napi::Value Object::Programs(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	struct bpf_object *object = Checked(env, true);
	Napi::Array list = Napi::Array::New(env);
	struct bpf_program *program = nullptr;
	while (object != nullptr && (program = bpf_object__next_program(object, program)) != nullptr) {
		/* What was not to be loaded has no descriptor. */
		if (bpf_program__fd(program) < 0)
			continue;
		Napi::Value description = DescribeProgram(env, program);
		if (env.IsExceptionPending())
			break;
		list.Set(list.Length(), description);
	}
	return list;
}

Napi::Value Object::Maps(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	struct bpf_object *object = Checked(env, true);
	Napi::Array list = Napi::Array::New(env);
	struct bpf_map *map = nullptr;
	while (object != nullptr && (map = bpf_object__next_map(object, map)) != nullptr) {
		if (bpf_map__fd(map) < 0)
			continue;
		Napi::Value description = DescribeMap(env, bpf_map__fd(map));
		if (env.IsExceptionPending())
			break;
		/* The kernel keeps 15 characters of a name; this is all of it. */
		description.As<Napi::Object>().Set("name", Napi::String::New(env, bpf_map__name(map)));
		list.Set(list.Length(), description);
	}
	return list;
}

void Object::Close(const Napi::CallbackInfo &info)
{
	handle_->Close(info.Env());
}

} // namespace sonde
