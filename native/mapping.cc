#include "mapping.h"

#include <sys/mman.h>

namespace sonde
{

std::shared_ptr<Mapping> Mapping::Map(int fd, size_t length, int protection, off_t offset)
{
	void *address = mmap(nullptr, length, protection, MAP_SHARED, fd, offset);
	if (address == MAP_FAILED)
		return nullptr;
	return std::make_shared<Mapping>(address, length);
}

void Mapping::Unmap()
{
	if (address_ != nullptr)
		munmap(address_, length_);
	address_ = nullptr;
}

MappedBuffer::MappedBuffer(Napi::Env env, std::shared_ptr<Mapping> mapping, size_t offset, size_t length)
    : mapping_(std::move(mapping))
{
	auto *share = new std::shared_ptr<Mapping>(mapping_);
	auto release = [](napi_env, void *, void *hint) {
		delete static_cast<std::shared_ptr<Mapping> *>(hint);
	};
	napi_value value;
	napi_status status = napi_create_external_arraybuffer(env, mapping_->address() + offset, length,
							      release, share, &value);
	if (status != napi_ok) {
		delete share;
		Napi::Error::New(env).ThrowAsJavaScriptException();
		return;
	}
	buffer_ = Napi::Persistent(Napi::ArrayBuffer(env, value));
}

Napi::Value MappedBuffer::Value(Napi::Env env) const
{
	return buffer_.IsEmpty() ? env.Undefined() : Napi::Value(buffer_.Value());
}

void MappedBuffer::Close(Napi::Env env)
{
	if (mapping_ == nullptr)
		return;
	Napi::HandleScope scope(env);
	bool detached = buffer_.IsEmpty();
	if (!detached)
		detached = napi_detach_arraybuffer(env, buffer_.Value()) == napi_ok;
	/* A buffer that refused keeps the pages by its own share. */
	if (detached)
		mapping_->Unmap();
	buffer_.Reset();
	mapping_.reset();
}

} // namespace sonde
