#include "error.h"
#include "object.h"

#include <bpf/btf.h>

#include <cerrno>
#include <cstring>

namespace sonde
{

/* The variable's place in the initial contents of its data section; nullptr if there is none of that name. */
static char *FindVariable(struct bpf_object *object, const std::string &name, size_t *size)
{
	const struct btf *btf = bpf_object__btf(object);
	const uint32_t count = btf == nullptr ? 0 : btf__type_cnt(btf);
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		if (!btf_is_datasec(section))
			continue;
		struct bpf_map *map =
		    bpf_object__find_map_by_name(object, btf__name_by_offset(btf, section->name_off));
		size_t bytes = 0;
		char *data = map == nullptr ? nullptr : (char *)bpf_map__initial_value(map, &bytes);
		const struct btf_var_secinfo *variable = btf_var_secinfos(section);
		for (uint32_t i = 0; data != nullptr && i < btf_vlen(section); i++, variable++) {
			const struct btf_type *type = btf__type_by_id(btf, variable->type);
			if (name != btf__name_by_offset(btf, type->name_off))
				continue;
			if (size_t{variable->offset} + variable->size > bytes)
				return nullptr;
			*size = variable->size;
			return data + variable->offset;
		}
	}
	return nullptr;
}

void Object::SetVariable(const Napi::CallbackInfo &info)
{
	struct bpf_object *object = Checked(info.Env(), false);
	if (object == nullptr)
		return;
	size_t size = 0;
	char *place = FindVariable(object, info[0].ToString().Utf8Value(), &size);
	if (place == nullptr) {
		Throw(info.Env(), "setVariable", ENOENT);
		return;
	}
	if (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().ByteLength() != size) {
		ThrowInvalid(info.Env(), "setVariable");
		return;
	}
	auto value = info[1].As<Napi::TypedArray>();
	memcpy(place, static_cast<char *>(value.ArrayBuffer().Data()) + value.ByteOffset(), size);
}

} // namespace sonde
