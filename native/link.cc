#include "addon.h"
#include "object.h"

namespace sonde
{

Napi::Function Link::Define(Napi::Env env)
{
	return DefineClass(env, "Link", {InstanceMethod<&Link::Close>("close")});
}

Napi::Value Link::New(Napi::Env env, const std::shared_ptr<ObjectHandle> &object, UniqueLink link)
{
	Napi::EscapableHandleScope scope(env);
	Napi::Value instance;
	Link *self = Construct<Link>(State::Of(env)->link, &instance);
	if (self == nullptr)
		return env.Undefined();
	object->links.push_back(std::make_shared<UniqueLink>(std::move(link)));
	self->object_ = object;
	self->link_ = object->links.back();
	return scope.Escape(instance);
}

Link::Link(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Link>(info)
{
}

void Link::Close(const Napi::CallbackInfo &)
{
	auto object = object_.lock();
	auto link = link_.lock();
	if (object == nullptr || link == nullptr)
		return;
	for (auto it = object->links.begin(); it != object->links.end(); ++it) {
		if (*it == link) {
			object->links.erase(it);
			break;
		}
	}
}

} // namespace sonde
