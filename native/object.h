#ifndef SONDE_NATIVE_OBJECT_H
#define SONDE_NATIVE_OBJECT_H

#include "mapping.h"

#include <napi.h>

#include <bpf/libbpf.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sonde
{

class Ring;

struct LinkDeleter {
	void operator()(struct bpf_link *link) const
	{
		bpf_link__destroy(link);
	}
};
struct ObjectDeleter {
	void operator()(struct bpf_object *object) const
	{
		bpf_object__close(object);
	}
};
using UniqueLink = std::unique_ptr<struct bpf_link, LinkDeleter>;

/*
 * A BPF object and all that hangs on it. The JavaScript object and its maps share it; links belong to it, so
 * that a forgotten JavaScript link does not detach a program when it is collected.
 */
struct ObjectHandle {
	std::unique_ptr<struct bpf_object, ObjectDeleter> object;
	std::vector<std::shared_ptr<UniqueLink>> links;
	std::map<std::string, UniqueLink> iterators;
	std::vector<MappedBuffer> mappings;
	std::set<Ring *> rings;
	bool loaded = false;

	void Close(Napi::Env env);
};

class Link : public Napi::ObjectWrap<Link>
{
      public:
	static Napi::Function Define(Napi::Env env);
	static Napi::Value New(Napi::Env env, const std::shared_ptr<ObjectHandle> &object, UniqueLink link);
	explicit Link(const Napi::CallbackInfo &info);

      private:
	void Close(const Napi::CallbackInfo &info);

	std::weak_ptr<ObjectHandle> object_;
	std::weak_ptr<UniqueLink> link_;
};

class Object : public Napi::ObjectWrap<Object>
{
      public:
	static Napi::Function Define(Napi::Env env);
	static Napi::Value Open(const Napi::CallbackInfo &info);
	explicit Object(const Napi::CallbackInfo &info);

      private:
	void SetMaxEntries(const Napi::CallbackInfo &info);
	void SetAutoload(const Napi::CallbackInfo &info);
	void SetAttachTarget(const Napi::CallbackInfo &info);
	void ReuseMap(const Napi::CallbackInfo &info);
	void Load(const Napi::CallbackInfo &info);
	Napi::Value Attach(const Napi::CallbackInfo &info);
	Napi::Value Iterate(const Napi::CallbackInfo &info);
	Napi::Value FindMap(const Napi::CallbackInfo &info);
	Napi::Value Programs(const Napi::CallbackInfo &info);
	Napi::Value Maps(const Napi::CallbackInfo &info);
	void Close(const Napi::CallbackInfo &info);

	/* nullptr and a pending exception: closed, no such name, or not (yet) loaded as `loaded` asks. */
	struct bpf_object *Checked(Napi::Env env, bool loaded);
	struct bpf_program *Program(const Napi::CallbackInfo &info, bool loaded);
	struct bpf_map *MapByName(const Napi::CallbackInfo &info, bool loaded);

	std::shared_ptr<ObjectHandle> handle_;
};

/* Runs an iterator's link to its end in a network namespace; 0 or a positive errno, and the call that failed.
 */
int ReadIterator(int link, const char *netns_path, std::string *output, const char **syscall);

} // namespace sonde

#endif
